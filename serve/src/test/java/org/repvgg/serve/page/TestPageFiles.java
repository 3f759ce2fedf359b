package org.repvgg.serve.page;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TestPageFiles {
    private static final Pattern IMPORT = Pattern.compile("from '\\./([a-z.]+)'");
    private static final Pattern LINK = Pattern.compile("(?:src|href)=\"([^\"]+)\"");

    private final PageFiles files = PageFiles.load();

    @Test
    void testThePageAndItsTypes() {
        assertThat(files.find("/").orElseThrow().contentType())
                .isEqualTo("text/html; charset=utf-8");
        assertThat(files.find("/app.js").orElseThrow().contentType())
                .isEqualTo("text/javascript; charset=utf-8");
        assertThat(files.find("/style.css").orElseThrow().contentType())
                .isEqualTo("text/css; charset=utf-8");
        assertThat(files.find("/icon.svg").orElseThrow().contentType()).isEqualTo("image/svg+xml");
        assertThat(text("/")).startsWith("<!doctype html>");
    }

    @Test
    void testEveryFileThatIsNamedIsThere() {
        for (String path : files.paths()) {
            Matcher names = (path.equals("/") ? LINK : IMPORT).matcher(text(path));
            while (names.find()) {
                assertThat(files.paths()).contains("/" + names.group(1));
            }
        }
    }

    @Test
    void testTagsAreStrongAndTellFilesApart() {
        PageFile page = files.find("/").orElseThrow();

        assertThat(page.etag()).matches("\"[0-9a-f]{64}\"");
        assertThat(PageFiles.load().find("/").orElseThrow().etag()).isEqualTo(page.etag());
        assertThat(files.paths().stream().map(path -> files.find(path).orElseThrow().etag()))
                .doesNotHaveDuplicates();
    }

    @Test
    void testContentIsACopy() {
        PageFile page = files.find("/").orElseThrow();

        page.content()[0] = 'x';

        assertThat(text("/")).startsWith("<!doctype html>");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/index.html",
                "/package-info.class",
                "/PageFiles.class",
                "/../page/app.js",
                "//app.js",
                "/%61pp.js",
                "/APP.JS",
                "/app.js/",
                "/etc/passwd",
                "../../../../etc/passwd"
            })
    void testOtherPathsAreNotThere(String path) {
        assertThat(files.find(path)).isEmpty();
    }

    /// What the content security policy forbids would silently not work.
    @Test
    void testNothingIsInlineAndNothingFromElsewhere() {
        assertThat(text("/")).doesNotContain("style=", "<style", "javascript:", "://");
        assertThat(text("/")).doesNotContainPattern("<script(?! type=\"module\" src=)");
        assertThat(text("/")).doesNotContainPattern("\\son[a-z]+=");
        for (String path : files.paths()) {
            assertThat(text(path)).doesNotContain("innerHTML", "insertAdjacentHTML", "eval(");
        }
    }

    private String text(String path) {
        return new String(files.find(path).orElseThrow().content(), UTF_8);
    }
}
