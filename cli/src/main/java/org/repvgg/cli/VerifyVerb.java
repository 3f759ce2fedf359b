package org.repvgg.cli;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.repvgg.evaluate.Agreement;
import org.repvgg.evaluate.AgreementCheck;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "verify",
        header = "Do two checkpoints answer alike?",
        description =
                "Compares any two checkpoints, of either form, on random images or on data: the largest"
                        + " difference of any logit, and images with another best class. An image whose two"
                        + " best logits lie closer together than the accepted difference is a tie and counted"
                        + " apart. Status 1 if they do not answer alike.",
        footer = {
            "  repvgg verify best.safetensors plain.safetensors",
            "  repvgg verify best.safetensors plain.safetensors --data cifar10 --layers",
            "  repvgg verify ours.safetensors theirs.safetensors --images 256 --json"
        })
final class VerifyVerb extends Verb {

    @Parameters(
            index = "0",
            paramLabel = "A",
            description = WeightOptions.NETWORK,
            completionCandidates = Candidates.Trained.class)
    String a = "";

    @Parameters(
            index = "1",
            paramLabel = "B",
            description = "Another one.",
            completionCandidates = Candidates.Trained.class)
    String b = "";

    @Option(
            names = "--data",
            paramLabel = "SRC",
            description = "Compare on the test split of this data instead of random images.")
    @Nullable String source;

    @Mixin ComparisonOptions comparison = new ComparisonOptions();

    @Mixin ThreadOption threads = new ThreadOption();

    @ArgGroup(validate = false, heading = "%nData:%n")
    DataOptions data = new DataOptions();

    @ArgGroup(validate = false, heading = WeightOptions.HEADING)
    WeightOptions weights = new WeightOptions();

    @Override
    int run(Console console) throws IOException {
        AgreementCheck.checkComparable(weights.describe(a).spec(), weights.describe(b).spec());
        Agreement agreement =
                comparison.compare(
                        () -> weights.read(a),
                        () -> weights.read(b),
                        source,
                        data,
                        threads.threads(),
                        console);
        if (json) {
            console.result(AgreementText.json(agreement).build());
        } else {
            AgreementText.print(console, agreement);
            AgreementText.printAccuracy(console, agreement);
        }
        return AgreementText.status(console, agreement, "the two do not answer alike");
    }
}
