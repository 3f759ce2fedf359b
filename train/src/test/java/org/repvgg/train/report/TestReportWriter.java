package org.repvgg.train.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.repvgg.evaluate.Comparison;
import org.repvgg.train.report.ReportData.Outcome;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

final class TestReportWriter {
    private static final int MAX_BYTES = 1_000_000; // a page to send by mail
    private static final List<String> VOID =
            List.of("meta", "img", "br", "hr", "link", "input", "col");
    private static final List<String> SVG =
            List.of("svg", "path", "line", "rect", "circle", "text", "g");

    static List<ReportData> samples() {
        return List.of(
                SampleReports.ten(),
                SampleReports.hundred(),
                SampleReports.unfoldable(),
                SampleReports.inTraining(),
                SampleReports.strange(),
                withoutAnything());
    }

    @ParameterizedTest
    @MethodSource("samples")
    void testPageIsWellFormed(ReportData data) throws Exception {
        String page = ReportWriter.page(data);
        assertThat(page).startsWith("<!DOCTYPE html><html lang=\"en\">");
        assertThat(parse(page).getDocumentElement().getTagName()).isEqualTo("html");
    }

    @ParameterizedTest
    @MethodSource("samples")
    void testBrowsersReadTheSameTreeAsXmlParsers(ReportData data) {
        String page = ReportWriter.page(data);
        String closed = page.replaceAll("<(" + String.join("|", VOID) + ")\\b[^>]*/>", "");
        closed = closed.replaceAll("<(" + String.join("|", SVG) + ")\\b[^>]*/>", "");
        assertThat(closed)
                .as("self-closed elements that HTML would leave open")
                .doesNotContain("/>");
    }

    @ParameterizedTest
    @MethodSource("samples")
    void testPageIsSelfContained(ReportData data) throws Exception {
        String page = ReportWriter.page(data);
        assertThat(page.length()).isLessThan(MAX_BYTES);
        assertThat(page).doesNotContain("<script").doesNotContain("url(").doesNotContain("@import");
        for (Element element : elements(parse(page), "*")) {
            assertThat(element.hasAttribute("href")).isFalse();
            assertThat(element.getTagName()).isNotIn("script", "link", "iframe", "object");
            if (element.hasAttribute("src")) {
                assertThat(element.getAttribute("src")).startsWith("data:image/png;base64,");
            }
            for (int i = 0; i < element.getAttributes().getLength(); i++) {
                assertThat(element.getAttributes().item(i).getNodeName()).doesNotStartWith("on");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("samples")
    void testEveryPictureAndTableSaysWhatItIs(ReportData data) throws Exception {
        Document page = parse(ReportWriter.page(data));
        assertThat(elements(page, "h1")).hasSize(1);
        for (Element table : elements(page, "table")) {
            assertThat(table.getElementsByTagName("caption").getLength()).isEqualTo(1);
        }
        for (Element drawing : elements(page, "svg")) {
            assertThat(drawing.getAttribute("aria-label")).isNotBlank();
        }
        for (Element image : elements(page, "img")) {
            assertThat(image.getAttribute("alt")).isNotBlank();
        }
    }

    @ParameterizedTest
    @MethodSource("samples")
    void testDrawingsHaveFiniteCoordinates(ReportData data) throws Exception {
        for (Element drawing : elements(parse(ReportWriter.page(data)), "svg")) {
            for (Element shape : elements(drawing, "*")) {
                for (int i = 0; i < shape.getAttributes().getLength(); i++) {
                    assertThat(shape.getAttributes().item(i).getNodeValue())
                            .doesNotContain("NaN")
                            .doesNotContain("Infinity");
                }
            }
        }
    }

    @Test
    void testPageTellsEveryNumber() throws Exception {
        ReportData data = SampleReports.ten();
        String text = text(ReportWriter.page(data));
        assertThat(text)
                .contains("RepVGG-A0 on a sample")
                .contains(
                        "The plain network answers exactly as the trained one:"
                                + " 10,000 of 10,000 predictions agree.")
                .contains("7,840,778", "7,041,194", "1.11x fewer")
                .contains("31.36 MB", "28.16 MB", "1.11x smaller")
                .contains("413", "1,273", "3.09x faster")
                .contains("3.8e-6", "1.0e-4")
                .contains("1 h 23 min 12 s");
        Comparison.Figures train = SampleReports.trained(data);
        assertThat(text)
                .contains(plain(Numbers.percent(train.evaluation().top1())))
                .contains(plain(Numbers.percent(train.evaluation().top5())))
                .contains(plain(Numbers.millions(train.multiplyAdds())));
        train.evaluation().confusion().stream()
                .flatMap(List::stream)
                .forEach(count -> assertThat(text).contains(Numbers.count(count)));
        for (Map<String, String> facts : List.of(data.recipe(), data.provenance())) {
            facts.forEach((name, value) -> assertThat(text).contains(name, value));
        }
        data.history()
                .forEach(epoch -> assertThat(text).contains(Numbers.significant(epoch.loss())));
    }

    @Test
    void testHeadlineSpeaksOfTiesAndOfDifferences() {
        assertThat(new Summary(SampleReports.hundred()).headline())
                .isEqualTo(
                        "The plain network answers as the trained one: 9,998 of 10,000 predictions"
                                + " agree, and the others are ties.");
        assertThat(new Summary(SampleReports.strange()).headline())
                .isEqualTo(
                        "The plain network does not answer as the trained one: only 31 of 35"
                                + " predictions agree.");
    }

    @Test
    void testHeadlineNeedsImages() {
        assertThat(new Summary(withoutAnything()).headline()).contains("no image was there");
    }

    @Test
    void testUnfoldableNetworkSaysWhy() throws Exception {
        String text = text(ReportWriter.page(SampleReports.unfoldable()));
        assertThat(text).contains("It has no plain form.");
        assertThat(text).contains("none: stage1.0: branch conv3x3-relu has a ReLU before the sum");
        assertThat(text).doesNotContain("Predictions that agree");
    }

    @Test
    void testAPageOfATrainingTellsHowFarItIsAndLoadsItselfAgain() throws Exception {
        ReportData data = SampleReports.inTraining();
        Document page = parse(ReportWriter.page(data));

        assertThat(new Summary(data).headline())
                .matches(
                        "In training: epoch 3 of 80 is done, and the network answers \\S+ of 10,000 test"
                                + " images right\\.");
        assertThat(elements(page, "meta"))
                .extracting(meta -> meta.getAttribute("http-equiv"))
                .contains("refresh");
        assertThat(elements(page, "section"))
                .extracting(section -> section.getAttribute("id"))
                .doesNotContain("fold")
                .contains("learning", "layers");
        assertThat(ReportWriter.page(SampleReports.ten())).doesNotContain("refresh");
    }

    @Test
    void testHostileNamesStayText() throws Exception {
        Document page = parse(ReportWriter.page(SampleReports.strange()));
        assertThat(elements(page, "h1").getFirst().getTextContent())
                .isEqualTo(SampleReports.HOSTILE);
        assertThat(elements(page, "img").getFirst().getAttribute("title"))
                .isEqualTo("x/" + SampleReports.HOSTILE);
        assertThat(page.getDocumentElement().getTextContent())
                .contains("bell\ufffd and half a pair \ufffd")
                .contains("no images")
                .contains("The loss was not a finite number in 2 epochs.")
                .contains("1 image was left out of every figure above");
    }

    @Test
    void testFirstTwentyBrokenImagesAreListed() throws Exception {
        String text = text(ReportWriter.page(SampleReports.hundred()));
        assertThat(text).contains("30 images were left out").contains("test/x/19.jpg: truncated");
        assertThat(text).doesNotContain("test/x/20.jpg");
    }

    @Test
    void testThumbnailsShrinkAndKeepTheirColours() throws Exception {
        ReportData.Mistake wide = SampleReports.strange().mistakes().get(1);
        String uri = Thumbnail.dataUri(wide.image());
        byte[] png = Base64.getDecoder().decode(uri.substring(uri.indexOf(',') + 1));
        var picture = ImageIO.read(new ByteArrayInputStream(png));
        assertThat(picture.getWidth()).isEqualTo(96);
        assertThat(picture.getHeight()).isEqualTo(1);

        String grey = Thumbnail.dataUri(SampleReports.strange().mistakes().getFirst().image());
        png = Base64.getDecoder().decode(grey.substring(grey.indexOf(',') + 1));
        assertThat(ImageIO.read(new ByteArrayInputStream(png)).getRGB(0, 0)).isEqualTo(0xffc8c8c8);
    }

    @Test
    void testWriteReplacesTheFileAndLeavesNothingBeside(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("report.html");
        Files.writeString(file, "old");
        ReportWriter.write(file, SampleReports.ten());
        assertThat(Files.readString(file, StandardCharsets.UTF_8))
                .isEqualTo(ReportWriter.page(SampleReports.ten()));
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void testClassNamesMustFitTheSpec() {
        ReportData ten = SampleReports.ten();
        List<String> nine = ten.classNames().subList(0, 9);
        assertThatThrownBy(
                        () ->
                                new ReportData(
                                        ten.title(),
                                        ten.dataName(),
                                        ten.spec(),
                                        ten.input(),
                                        nine,
                                        ten.state(),
                                        ten.history(),
                                        ten.mistakes(),
                                        ten.recipe(),
                                        ten.provenance()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("spec A0 has 10 classes, the report got 9 class names");
    }

    /// Nothing but the figures, of a test split without a single image.
    private static ReportData withoutAnything() {
        ReportData ten = SampleReports.ten();
        List<List<Integer>> zeros = Collections.nCopies(10, Collections.nCopies(10, 0));
        return new ReportData(
                ten.title(),
                ten.dataName(),
                ten.spec(),
                ten.input(),
                ten.classNames(),
                new Outcome.Folded(SampleReports.comparison(zeros, List.of(), 0, 0)),
                List.of(),
                List.of(),
                Map.of(),
                Map.of());
    }

    private static Document parse(String page) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(page)));
    }

    private static String plain(String number) {
        return number.replace('\u00a0', ' ');
    }

    private static String text(String page) throws Exception {
        Element body = elements(parse(page), "body").getFirst();
        return plain(body.getTextContent());
    }

    private static List<Element> elements(Document document, String tag) {
        return list(document.getElementsByTagName(tag));
    }

    private static List<Element> elements(Element parent, String tag) {
        return list(parent.getElementsByTagName(tag));
    }

    private static List<Element> list(NodeList nodes) {
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < nodes.getLength(); i++) {
            elements.add((Element) nodes.item(i));
        }
        return elements;
    }
}
