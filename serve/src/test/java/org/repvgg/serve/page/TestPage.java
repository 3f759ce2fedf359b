package org.repvgg.serve.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.serve.InferenceServer;
import org.repvgg.serve.ServeOptions;
import org.repvgg.serve.ServingMetrics;
import org.repvgg.serve.TinyNetworks;
import org.repvgg.serve.inference.BatchOptions;
import org.repvgg.serve.inference.ModelReader;
import org.repvgg.serve.inference.ModelRepository;
import org.repvgg.serve.inference.ModelSource;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.zoo.Zoo;

/// The page in a browser: Debian's Chromium.
final class TestPage {
    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
    private static final byte[] RED = Pictures.plain(Color.RED, 60, 40);
    private static final byte[] GREEN = Pictures.plain(Color.GREEN, 60, 40);
    private static final byte[] BLUE = Pictures.plain(Color.BLUE, 60, 40);
    private static final byte[] SEA = Pictures.sea();

    /// Far more than any step takes: the machine may be busy.
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private static Playwright playwright;
    private static BrowserContext context;
    private static Page page;

    private StubServer server;
    private PageSteps steps;

    @BeforeAll
    static void startBrowser() {
        assumeTrue(
                Files.isExecutable(CHROMIUM),
                "no " + CHROMIUM + ": the page is not tested; apt-get install chromium");
        playwright =
                Playwright.create(
                        new Playwright.CreateOptions()
                                .setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        List<String> arguments =
                List.of(
                        "--no-sandbox",
                        "--disable-gpu",
                        "--use-fake-device-for-media-stream",
                        "--use-fake-ui-for-media-stream");
        context =
                playwright
                        .chromium()
                        .launch(
                                new BrowserType.LaunchOptions()
                                        .setExecutablePath(CHROMIUM)
                                        .setArgs(arguments))
                        .newContext(
                                new Browser.NewContextOptions()
                                        .setReducedMotion(ReducedMotion.REDUCE));
        context.setDefaultTimeout(TIMEOUT.toMillis());
        page = context.newPage();
    }

    @AfterAll
    static void closeBrowser() {
        if (playwright != null) {
            playwright.close();
        }
    }

    @BeforeEach
    void openPage() throws IOException {
        server = StubServer.start(RepVggFamily.A0, RepVggFamily.B1);
        page.setViewportSize(1280, 860);
        page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(ColorScheme.LIGHT));
        steps = new PageSteps(page, server.url());
    }

    @AfterEach
    void closePage() {
        steps.close();
        server.close();
        assertThat(steps.complaints()).isEmpty();
    }

    @Test
    void testTheServerItselfAnswers(@TempDir Path folder) throws Exception {
        Path file = TinyNetworks.write(folder, "tiny", "1", 1);
        String best = TinyNetworks.best(SEA);
        serve(
                new ModelSource.OneFile("tiny", file),
                onServer -> {
                    onServer.open().choose("sea.jpg", "image/jpeg", SEA).answered().mapped(best);

                    assertThat(onServer.bestClass()).isEqualTo(best);
                    assertThat(onServer.classes())
                            .containsExactlyInAnyOrderElementsOf(TinyNetworks.CLASSES);
                    assertThat(onServer.screenshot("server-photo").overhang()).isZero();
                    onServer.showModel().page().locator("#measure").click();
                    onServer.measured();
                });
    }

    @Test
    void testANetworkOfTheZooNamesWhatItSees() throws Exception {
        String name = "cifar10-small";
        serve(
                new ModelSource.OneFile(name, Zoo.standard().file(name).orElseThrow()),
                onServer -> {
                    onServer.open().drop("airplane.png", "image/png", Pictures.airplane());
                    assertThat(onServer.bestClass()).isEqualTo("airplane");
                    assertThat(onServer.mapped("airplane").mapPixels()).isPositive();
                    assertThat(onServer.screenshot("zoo-airplane").obstacles()).isEmpty();

                    page.setViewportSize(390, 844);
                    onServer.drop("ship.png", "image/png", Pictures.ship());
                    page.locator("#verdict:text-is('ship')").waitFor();
                    assertThat(onServer.mapped("ship").mapPixels()).isPositive();
                    assertThat(onServer.screenshot("zoo-ship-phone").overhang()).isZero();

                    page.locator("#tab-photo").focus();
                    page.keyboard().press("ArrowRight");
                    onServer.modelShown();
                    assertThat(page.locator("#facts").textContent()).contains(name);
                    assertThat(onServer.obstacles()).isEmpty();
                });
    }

    @Test
    void testOfSeveralVersionsTheHighestIsShown(@TempDir Path folder) throws Exception {
        TinyNetworks.write(folder, "tiny", "2", 1);
        TinyNetworks.write(folder, "tiny", "10", 1);
        serve(
                new ModelSource.Repository(folder),
                onServer -> {
                    assertThat(onServer.open().page().locator("#served").textContent())
                            .startsWith("tiny, version 10,");
                    assertThat(page.locator("#picker").isHidden()).isTrue();
                    onServer.choose("sea.jpg", "image/jpeg", SEA).answered();
                    assertThat(page.locator("#answered-by").textContent())
                            .startsWith("tiny, version 10,");
                });
    }

    /// Does something with the page of a real server.
    private static void serve(ModelSource source, Consumer<PageSteps> visit) throws Exception {
        try (var metrics = new ServingMetrics();
                var models =
                        ModelRepository.open(
                                List.of(source),
                                ModelReader.standard(),
                                new RuntimeOptions(1),
                                BatchOptions.defaults(),
                                metrics,
                                Duration.ZERO);
                var server =
                        InferenceServer.start(
                                ServeOptions.local(0),
                                models,
                                metrics,
                                "plain runtime, 1 thread",
                                "1",
                                _ -> {},
                                _ -> {})) {
            assertThat(models.awaitReady(TIMEOUT)).isTrue();
            PageSteps steps = new PageSteps(page, server.address() + "/");
            visit.accept(steps);
            steps.close();
            assertThat(steps.complaints()).isEmpty();
        }
    }

    @Test
    void testAChosenPhotoIsClassified() {
        steps.open().choose("sea.jpg", "image/jpeg", SEA);

        assertThat(steps.bestClass()).isEqualTo("sea");
        assertThat(steps.classes())
                .containsExactly("sea", "lighthouse", "glacier", "forest", "sunset");
        assertThat(steps.page().locator("#classes .share").allTextContents())
                .containsExactly("87.1 %", "6.4 %", "3.1 %", "1.2 %", "< 0.1 %");
        assertThat(steps.page().locator("#timing").textContent()).contains("23.5 ms", "6.1 ms");
        assertThat(steps.page().locator("#answered-by").textContent())
                .startsWith("scenes-a0, version 3, on plain runtime, 2 threads.");
        assertThat(steps.page().locator("#spoken").textContent()).startsWith("sea, 87.1 %");
        assertThat(server.classifications()).containsExactly("model=scenes-a0&top=5&cam=top");
    }

    @Test
    void testAnotherClassIsAskedForItsMap() {
        steps.open().choose("blue.png", "image/png", BLUE).answered().mapped("sea");
        assertThat(steps.mapPixels()).isPositive();

        steps.page().locator("#classes label").nth(1).click();
        steps.mapped("lighthouse");
        assertThat(steps.mapPixels()).isPositive();
        steps.page().keyboard().press("ArrowDown");
        steps.mapped("glacier");
        steps.page().keyboard().press("ArrowUp"); // known already
        steps.mapped("lighthouse");

        assertThat(server.classifications())
                .containsExactly(
                        "model=scenes-a0&top=5&cam=top",
                        "model=scenes-a0&top=5&cam=9",
                        "model=scenes-a0&top=5&cam=6");
        assertThat(steps.bestClass()).isEqualTo("sea");
    }

    @Test
    void testTheMapCanBeSwitchedOff() {
        steps.open().choose("blue.png", "image/png", BLUE).answered().mapped("sea");

        steps.page().locator("#show-map").uncheck();
        assertThat(steps.page().locator("#map").isHidden()).isTrue();
        steps.choose("red.png", "image/png", RED);
        steps.page().locator("#verdict:text-is('sunset')").waitFor();
        assertThat(server.classifications()).last().isEqualTo("model=scenes-a0&top=5");

        steps.page().locator("#show-map").check();
        steps.mapped("sunset");
        assertThat(server.classifications()).last().isEqualTo("model=scenes-a0&top=5&cam=0");
    }

    @Test
    void testPastedAndDroppedPhotos() {
        steps.open().paste("red.png", "image/png", RED);
        assertThat(steps.bestClass()).isEqualTo("sunset");
        assertThat(steps.classes()).contains("city <b>at night</b>"); // a name, not HTML

        steps.drop("green.png", "image/png", GREEN);
        steps.page().locator("#verdict:text-is('meadow')").waitFor();

        steps.drop("notes.txt", "text/plain", new byte[] {65});
        assertThat(steps.error().textContent())
                .isEqualTo("notes.txt is not an image, but text/plain.");
        assertThat(steps.bestClass()).isEqualTo("meadow");
    }

    @Test
    void testAPhotoFromTheCamera() {
        steps.open().page().locator("#camera").click();
        steps.page().locator("#shot").click();

        assertThat(steps.bestClass()).isIn(StubServer.CLASSES);
        assertThat(steps.page().locator("#viewfinder").isHidden()).isTrue();
        assertThat(steps.focus()).isEqualTo("camera");
    }

    @Test
    void testACameraThatComesTooLateIsSwitchedOff() {
        try (Page other = context.newPage()) {
            other.addInitScript(
                    """
                    const real = MediaDevices.prototype.getUserMedia;
                    MediaDevices.prototype.getUserMedia = async function (wanted) {
                        window.stream = await real.call(this, wanted);
                        document.documentElement.dataset.asked = '';
                        await new Promise(allow => window.allow = allow);
                        return window.stream;
                    };
                    """);
            new PageSteps(other, server.url()).open();
            other.locator("#camera").click();
            other.locator("html[data-asked]").waitFor();
            other.locator("#tab-model").click();
            other.evaluate("() => { allow(); return new Promise(done => setTimeout(done)); }");

            assertThat(other.evaluate("stream.getTracks().map(track => track.readyState)"))
                    .isEqualTo(List.of("ended"));
            other.locator("#tab-photo").click();
            assertThat(other.locator("#viewfinder").isHidden()).isTrue();
            assertThat(other.locator("#camera").isVisible()).isTrue();
        }
    }

    @Test
    void testWithoutACameraThePageSaysSo() {
        try (Page old = context.newPage()) {
            old.addInitScript("delete Navigator.prototype.mediaDevices");
            new PageSteps(old, server.url()).open();

            assertThat(old.locator("#camera").isHidden()).isTrue();
            assertThat(old.locator("#no-camera").isVisible()).isTrue();
        }
    }

    @Test
    void testAnOverloadedServerSaysWhenToTryAgain() {
        server.refuseNext(503, "too much waits already: 64 images", 2);
        steps.open().choose("red.png", "image/png", RED);

        steps.page().locator("#again").waitFor();
        assertThat(steps.error().textContent())
                .isEqualTo("Too much waits already: 64 images. Try again in 2 seconds.");

        steps.page().locator("#again").click();
        assertThat(steps.bestClass()).isEqualTo("sunset");
        assertThat(steps.error().isHidden()).isTrue();
    }

    @Test
    void testAServerThatIsStillLoadingMayBeAskedAgain() {
        server.hideNetworks(true);
        steps.page().navigate(server.url());
        steps.page().locator("#again").waitFor();
        assertThat(steps.error().textContent()).isEqualTo("The server has no network loaded.");

        server.hideNetworks(false);
        steps.page().locator("#again").click();
        steps.page().locator("#served:has-text('scenes-a0')").waitFor();
        assertThat(steps.error().isHidden()).isTrue();
    }

    @Test
    void testWhatTheServerCannotReadIsToldInItsWords() {
        steps.open().choose("broken.png", "image/png", new byte[] {1, 2, 3});

        steps.error().waitFor();
        assertThat(steps.error().textContent()).isEqualTo("Not an image: 3 bytes.");
        assertThat(steps.page().locator("#no-preview").isVisible()).isTrue();
        assertThat(steps.page().locator("#again").isHidden()).isTrue();
    }

    @Test
    void testATokenIsAskedForOnlyWhenItIsWanted() {
        Locator token = steps.open().page().locator("#token");
        assertThat(token.isHidden()).isTrue();
        server.requireToken("open sesame");
        steps.choose("red.png", "image/png", RED);

        token.waitFor();
        assertThat(steps.error().textContent()).isEqualTo("This server wants a token.");
        assertThat(steps.focus()).isEqualTo("token");
        steps.page().keyboard().type("open sesame");
        steps.page().keyboard().press("Enter");

        assertThat(steps.bestClass()).isEqualTo("sunset");
        assertThat(token.isHidden()).isTrue();
        assertThat(steps.focus()).isEqualTo("tab-photo");
        assertThat(
                        steps.page()
                                .evaluate(
                                        "localStorage.length + sessionStorage.length"
                                                + " + document.cookie.length"))
                .isEqualTo(0);
    }

    @Test
    void testATokenMayBeWantedFromTheStart() {
        server.requireToken("open sesame");
        steps.page().navigate(server.url());

        for (String attempt : List.of("wrong", "open sesame")) {
            steps.page().locator("#token").waitFor();
            steps.page().locator("#token").fill(attempt);
            steps.page().keyboard().press("Enter");
        }

        steps.page().locator("#served:has-text('scenes-a0')").waitFor();
        assertThat(steps.error().isHidden()).isTrue();
    }

    @Test
    void testAnotherNetworkIsAskedAboutThePhotoAtHand() {
        steps.open().choose("red.png", "image/png", RED).answered();

        steps.page().locator("#models").selectOption("scenes-b1");

        steps.page().locator("#answered-by:has-text('scenes-b1')").waitFor();
        assertThat(server.classifications()).last().isEqualTo("model=scenes-b1&top=5&cam=top");
        steps.showModel();
        assertThat(steps.page().locator("#facts").textContent()).contains("B1");
    }

    @Test
    void testTheModelTabByKeyboardAlone() {
        steps.open().tabTo("tab-photo").page().keyboard().press("ArrowRight");
        steps.modelShown();

        assertThat(steps.focus()).isEqualTo("tab-model");
        assertThat(steps.page().locator("#sizes").textContent()).contains("7.84 M", "7.04 M");
        steps.tabTo("measure").page().keyboard().press("Enter");
        steps.measured();
        assertThat(steps.page().locator("#measured-table tbody tr").last().textContent())
                .isEqualTo("Server23.5 ms23.5 ms");
        assertThat(steps.page().locator(".strips circle").count()).isEqualTo(60);
        assertThat(server.classifications()).hasSize(30).containsOnly("model=scenes-a0&top=1");
        steps.tabTo("layers");

        steps.page().locator("#tab-model").focus();
        steps.page().keyboard().press("Home");
        assertThat(steps.focus()).isEqualTo("tab-photo");
        assertThat(steps.page().locator("#panel-photo").isVisible()).isTrue();
    }

    @Test
    void testAPhoneNeedsNoScrollingToTheSide() {
        page.setViewportSize(320, 640);
        steps.open();
        assertThat(steps.overhang()).isZero();
        steps.choose("sea.jpg", "image/jpeg", SEA).answered().mapped("sea");
        steps.screenshot("phone-photo");
        assertThat(steps.overhang()).isZero();

        steps.showModel().page().locator("#measure").click();
        steps.measured().screenshot("phone-model");
        assertThat(steps.overhang()).isZero();
    }

    @Test
    void testNobodyIsKeptOut() {
        server.refuseNext(503, "too much waits already: 64 images", 2);
        steps.open().screenshot("light-empty");
        steps.choose("sea.jpg", "image/jpeg", SEA).error().waitFor();
        assertAccessible("overloaded");

        steps.page().locator("#again").click();
        steps.answered().mapped("sea");
        assertAccessible("photo");

        steps.showModel().page().locator("#measure").click();
        steps.measured().page().locator("summary").first().click();
        assertAccessible("model");
    }

    /// In light and in dark.
    private void assertAccessible(String name) {
        for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
            steps.page().emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
            steps.screenshot(scheme.name().toLowerCase(Locale.ROOT) + "-" + name);
            assertThat(steps.obstacles()).isEmpty();
        }
    }
}
