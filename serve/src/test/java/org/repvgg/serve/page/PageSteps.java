package org.repvgg.serve.page;

import com.microsoft.playwright.ConsoleMessage;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.FilePayload;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// What a visitor does on the page, whatever server it comes from.
///
/// Waits for elements, not for functions: the browser's driver evaluates a function that is false
/// at first as text from within the page, and the content security policy keeps it from that.
final class PageSteps {
    private static final String AXE = "/META-INF/resources/webjars/axe-core/4.6.3/axe.min.js";
    private static final String TRANSFER =
            """
            const bytes = Uint8Array.from(atob(photo.base64), c => c.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], photo.name, {type: photo.type}));
            """;

    private final Page page;
    private final String url;
    private final List<String> complaints = new ArrayList<>();
    private final Consumer<String> scriptErrors = complaints::add;
    private final Consumer<ConsoleMessage> violations = this::complainOfViolation;

    PageSteps(Page page, String url) {
        this.page = page;
        this.url = url;
        page.onPageError(scriptErrors);
        page.onConsoleMessage(violations);
    }

    /// Listens no longer; the browser's page stays.
    void close() {
        page.offPageError(scriptErrors);
        page.offConsoleMessage(violations);
    }

    Page page() {
        return page;
    }

    /// Scripts that failed, and what the content security policy kept from happening.
    List<String> complaints() {
        return complaints;
    }

    private void complainOfViolation(ConsoleMessage message) {
        if (message.text().contains("Content Security Policy")) {
            complaints.add(message.text());
        }
    }

    PageSteps open() {
        page.navigate(url);
        page.locator("#served:not(:empty)").waitFor();
        return this;
    }

    PageSteps choose(String name, String type, byte[] photo) {
        page.locator("#file").setInputFiles(new FilePayload(name, type, photo));
        return this;
    }

    PageSteps paste(String name, String type, byte[] photo) {
        page.evaluate(
                "photo => {"
                        + TRANSFER
                        + "document.dispatchEvent(new ClipboardEvent('paste', {clipboardData:"
                        + " data}))}",
                transfer(name, type, photo));
        return this;
    }

    PageSteps drop(String name, String type, byte[] photo) {
        page.evaluate(
                "photo => {"
                        + TRANSFER
                        + """
                        for (const type of ['dragover', 'drop']) {
                            document.getElementById('stage').dispatchEvent(new DragEvent(type,
                                {dataTransfer: data, bubbles: true, cancelable: true}));
                        }}
                        """,
                transfer(name, type, photo));
        return this;
    }

    private static Map<String, String> transfer(String name, String type, byte[] photo) {
        return Map.of(
                "name", name, "type", type, "base64", Base64.getEncoder().encodeToString(photo));
    }

    /// Waits for an answer.
    PageSteps answered() {
        page.locator("#found").waitFor();
        page.locator(".answer:not([aria-busy])").waitFor();
        return this;
    }

    String bestClass() {
        return answered().page.locator("#verdict").textContent();
    }

    /// The classes in their list, the likeliest first.
    List<String> classes() {
        return page.locator("#classes .name").allTextContents();
    }

    /// Waits for the map of a class.
    PageSteps mapped(String name) {
        page.locator("#map:not([hidden])").waitFor();
        page.locator("#map-note", new Page.LocatorOptions().setHasText(name)).waitFor();
        return this;
    }

    /// Pixels that the map colours. What the network does not see is darkened too: that is no
    /// colour.
    int mapPixels() {
        Object count =
                page.evaluate(
                        """
                        () => {
                            const map = document.getElementById('map');
                            const {data} = map.getContext('2d')
                                .getImageData(0, 0, map.width, map.height);
                            return data.filter((red, i) =>
                                i % 4 === 0 && red > 60 && data[i + 3] > 60).length;
                        }
                        """);
        return ((Number) count).intValue();
    }

    /// The line that screen readers read out at once.
    Locator error() {
        return page.locator("[role=alert]");
    }

    PageSteps showModel() {
        page.locator("#tab-model").click();
        return modelShown();
    }

    /// Waits for the network's facts.
    PageSteps modelShown() {
        page.locator("#layers table").waitFor();
        return this;
    }

    /// Waits for the end of a measurement.
    PageSteps measured() {
        page.locator("#measured .strips").waitFor();
        return this;
    }

    /// Id of the element that has the keyboard.
    String focus() {
        return (String) page.evaluate("document.activeElement.id");
    }

    /// Presses Tab until the element with this id has the keyboard.
    PageSteps tabTo(String id) {
        List<String> passed = new ArrayList<>();
        while (!focus().equals(id)) {
            if (passed.size() > 20) {
                throw new AssertionError("Tab does not reach " + id + ", but " + passed);
            }
            page.keyboard().press("Tab");
            passed.add(focus());
        }
        return this;
    }

    /// Pixels by which the page is wider than its window.
    int overhang() {
        return ((Number)
                        page.evaluate(
                                "document.documentElement.scrollWidth"
                                        + " - document.documentElement.clientWidth"))
                .intValue();
    }

    PageSteps screenshot(String name) {
        page.screenshot(
                new Page.ScreenshotOptions()
                        .setFullPage(true)
                        .setPath(Path.of("target", "screenshots", name + ".png")));
        return this;
    }

    /// What axe finds to be a serious or critical obstacle, an entry each.
    List<String> obstacles() {
        if (page.evaluate("window.axe === undefined").equals(true)) {
            page.evaluate(axe());
        }
        Object found =
                page.evaluate(
                        """
                        async () => (await axe.run()).violations
                            .filter(one => ['serious', 'critical'].includes(one.impact))
                            .flatMap(one => one.nodes.map(node =>
                                `${one.id}: ${node.html}: ${node.failureSummary}`))
                        """);
        return ((List<?>) found).stream().map(String::valueOf).toList();
    }

    private static String axe() {
        try (InputStream in = PageSteps.class.getResourceAsStream(AXE)) {
            if (in == null) {
                throw new IOException("not on the class path: " + AXE);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
