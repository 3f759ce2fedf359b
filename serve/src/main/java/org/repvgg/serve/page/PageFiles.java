package org.repvgg.serve.page;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The files of the page: a fixed list, read once from the class path. A path that is asked for is
/// looked up in a map and never becomes the name of a file. Safe to share between threads.
public final class PageFiles {
    /// What the page may load and do, the value of `Content-Security-Policy`: its own files, and
    /// pictures that it made itself.
    public static final String CONTENT_SECURITY_POLICY =
            "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
                    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static final String HTML = "text/html; charset=utf-8";
    private static final String SCRIPT = "text/javascript; charset=utf-8";
    private static final String STYLE = "text/css; charset=utf-8";
    private static final String DRAWING = "image/svg+xml";

    private final Map<String, PageFile> files;

    private PageFiles(Map<String, PageFile> files) {
        this.files = Collections.unmodifiableMap(files);
    }

    /// Reads all files.
    ///
    /// @throws UncheckedIOException if the class path is broken
    public static PageFiles load() {
        Map<String, PageFile> files = new LinkedHashMap<>();
        files.put("/", read("index.html", HTML));
        files.put("/app.js", read("app.js", SCRIPT));
        files.put("/camera.js", read("camera.js", SCRIPT));
        files.put("/elements.js", read("elements.js", SCRIPT));
        files.put("/layers.js", read("layers.js", SCRIPT));
        files.put("/map.js", read("map.js", SCRIPT));
        files.put("/measure.js", read("measure.js", SCRIPT));
        files.put("/model.js", read("model.js", SCRIPT));
        files.put("/numbers.js", read("numbers.js", SCRIPT));
        files.put("/photo.js", read("photo.js", SCRIPT));
        files.put("/server.js", read("server.js", SCRIPT));
        files.put("/tabs.js", read("tabs.js", SCRIPT));
        files.put("/style.css", read("style.css", STYLE));
        files.put("/icon.svg", read("icon.svg", DRAWING));
        return new PageFiles(files);
    }

    /// Every path there is, `/` first.
    public Set<String> paths() {
        return files.keySet();
    }

    /// The file at `path`, which must be one of [#paths], letter by letter.
    public Optional<PageFile> find(String path) {
        return Optional.ofNullable(files.get(path));
    }

    private static PageFile read(String name, String contentType) {
        try (InputStream in = PageFiles.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("not on the class path: org/repvgg/serve/page/" + name);
            }
            return new PageFile(contentType, in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read a file of the page: " + name, e);
        }
    }
}
