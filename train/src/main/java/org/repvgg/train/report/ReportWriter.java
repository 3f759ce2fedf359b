package org.repvgg.train.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.repvgg.format.AtomicFile;

/// Writes [ReportData] as one HTML file: style and drawings inside, no script, nothing loaded from
/// elsewhere. While a training goes on, the page loads itself again.
public final class ReportWriter {
    private static final String STYLE_SHEET = "report.css";

    /// Seconds after which the page of a training loads itself again.
    private static final String RELOAD = "30";

    private ReportWriter() {}

    /// Writes the page beside `file` and moves it into place, over an older one.
    ///
    /// @throws IOException if the folder cannot be written to
    public static void write(Path file, ReportData data) throws IOException {
        AtomicFile.write(file, page(data).getBytes(StandardCharsets.UTF_8));
    }

    /// The page as text, HTML and well-formed XML at once.
    static String page(ReportData data) {
        Html html = new Html();
        html.open("html", "lang", "en");
        appendHead(html, data);
        html.open("body").open("main");
        new Summary(data).appendTo(html);
        new BeforeAfter(data).appendTo(html);
        new CurvesSection(data).appendTo(html);
        new ConfusionSection(data).appendTo(html);
        new ClassesSection(data).appendTo(html);
        new MistakesSection(data).appendTo(html);
        new FactsSection(data).appendTo(html);
        new LayersSection(data).appendTo(html);
        html.close("main").close("body").close("html");
        return html.toString();
    }

    private static void appendHead(Html html, ReportData data) {
        html.open("head");
        html.empty("meta", "charset", "utf-8");
        html.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
        html.empty("meta", "name", "color-scheme", "content", "light dark");
        html.empty(
                "meta",
                "http-equiv",
                "Content-Security-Policy",
                "content",
                "default-src 'none'; style-src 'unsafe-inline'; img-src data:");
        if (data.state() instanceof ReportData.InTraining) {
            html.empty("meta", "http-equiv", "refresh", "content", RELOAD);
        }
        html.leaf("title", data.title());
        html.style(styleSheet());
        html.close("head");
    }

    private static String styleSheet() {
        try (InputStream in = ReportWriter.class.getResourceAsStream(STYLE_SHEET)) {
            if (in == null) {
                throw new IllegalStateException("the jar lacks " + STYLE_SHEET);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("reading " + STYLE_SHEET + " failed", e);
        }
    }
}
