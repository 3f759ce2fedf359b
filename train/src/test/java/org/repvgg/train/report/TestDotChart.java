package org.repvgg.train.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.repvgg.train.report.DotChart.Row;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

final class TestDotChart {
    private static Element svg(OptionalDouble reference, Row... rows) throws Exception {
        String svg =
                DotChart.svg(
                        "Top-1 on <cats & dogs>", List.of("A note."), reference, List.of(rows));
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(svg)))
                .getDocumentElement();
    }

    private static List<Double> positions(Element svg, String tag, String style, String attribute) {
        NodeList all = svg.getElementsByTagName(tag);
        return IntStream.range(0, all.getLength())
                .mapToObj(i -> (Element) all.item(i))
                .filter(element -> element.getAttribute("class").equals(style))
                .map(element -> Double.valueOf(element.getAttribute(attribute)))
                .toList();
    }

    @Test
    void testDotsMeansAndReference() throws Exception {
        Element svg =
                svg(
                        OptionalDouble.of(85),
                        new Row("a", List.of(80.0, 90.0, Double.NaN), "85.00 ± 7.07", false),
                        new Row("b", List.of(85.0), "85.00", true),
                        new Row("none yet", List.of(), "-", false));
        List<Double> dots = positions(svg, "circle", "dot", "cx");
        double middle = (dots.get(0) + dots.get(1)) / 2;

        assertThat(dots).hasSize(2).isSorted();
        assertThat(positions(svg, "circle", "hollow", "cx")).containsExactly(middle);
        assertThat(positions(svg, "line", "mean", "x1")).containsExactly(middle, middle);
        assertThat(positions(svg, "line", "reference", "x1")).containsExactly(middle);
        assertThat(svg.getTextContent())
                .contains("Top-1 on <cats & dogs>", "none yet", "85.00 ± 7.07", "A note.");
    }

    @Test
    void testNothingToDraw() throws Exception {
        Element svg = svg(OptionalDouble.empty(), new Row("a", List.of(), "-", false));

        assertThat(svg.getElementsByTagName("circle").getLength()).isZero();
        assertThat(svg.getAttribute("viewBox")).startsWith("0 0 740 ");
    }
}
