package org.repvgg.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.Json;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.Form;
import org.repvgg.zoo.Zoo;
import org.repvgg.zoo.ZooNetwork;

/// The trained networks that come with this program, for people and for programs.
///
/// @param usual the name of the one that is taken where none is named; empty where there are none
record TrainedNetworks(List<ZooNetwork> networks, String usual) {

    static TrainedNetworks of(Zoo zoo) throws IOException {
        return new TrainedNetworks(zoo.networks(), zoo.usual().map(ZooNetwork::name).orElse(""));
    }

    void print(Console console) {
        if (networks.isEmpty()) {
            console.result("No trained networks come with this version. Checkpoints that use the");
            console.result("reference's tensor names load from a file: repvgg inspect FILE.");
            return;
        }
        console.result("Trained, for every M:");
        console.result("");
        console.result(table());
        console.result("");
        console.result("* answers where no network is named: repvgg predict cat.jpg");
        console.result(
                "Top-1 is of the training form and of the plain form, on the data's test split.");
    }

    private TextTable table() {
        TextTable table =
                new TextTable(
                        TextTable.Align.LEFT,
                        TextTable.Align.LEFT,
                        TextTable.Align.RIGHT,
                        TextTable.Align.LEFT,
                        TextTable.Align.RIGHT,
                        TextTable.Align.RIGHT,
                        TextTable.Align.RIGHT,
                        TextTable.Align.RIGHT);
        table.row("name", "data", "classes", "input", "parameters", "size", "top-1", "plain");
        for (ZooNetwork network : networks) {
            InputSpec input = network.about().input();
            table.row(
                    network.name() + (network.name().equals(usual) ? "*" : ""),
                    data(network),
                    Integer.toString(network.about().spec().classes()),
                    input.channels() + "x" + input.height() + "x" + input.width(),
                    Numbers.count(network.parameters()),
                    Numbers.megabytes(network.bytes()),
                    percent(top1(network, Form.TRAIN)),
                    percent(top1(network, Form.PLAIN)));
        }
        return table;
    }

    List<Json> json() {
        List<Json> list = new ArrayList<>();
        for (ZooNetwork network : networks) {
            InputSpec input = network.about().input();
            list.add(
                    Json.object()
                            .put("name", network.name())
                            .put("usual", network.name().equals(usual))
                            .put("model", network.about().spec().name())
                            .put("data", data(network))
                            .put("classes", network.about().spec().classes())
                            .put("classNames", input.classNames())
                            .put("input", List.of(input.channels(), input.height(), input.width()))
                            .put("parameters", network.parameters())
                            .put("bytes", network.bytes())
                            .put("trainTop1", number(top1(network, Form.TRAIN)))
                            .put("plainTop1", number(top1(network, Form.PLAIN)))
                            .build());
        }
        return list;
    }

    private static String data(ZooNetwork network) {
        return network.about().provenance().facts().getOrDefault("data", "-");
    }

    private static OptionalDouble top1(ZooNetwork network, Form form) {
        return network.about().provenance().top1(form);
    }

    private static String percent(OptionalDouble fraction) {
        return fraction.isPresent() ? Numbers.percent(fraction.getAsDouble()) : "-";
    }

    private static @Nullable Double number(OptionalDouble value) {
        return value.isPresent() ? value.getAsDouble() : null;
    }
}
