package org.repvgg.serve;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import org.repvgg.serve.page.PageFile;
import org.repvgg.serve.page.PageFiles;

/// `/`: the page and its files.
final class PageRoutes implements HttpService {
    private final PageFiles files;

    PageRoutes(PageFiles files) {
        this.files = files;
    }

    @Override
    public void routing(HttpRules rules) {
        Routes routes = new Routes(rules);
        for (String path : files.paths()) {
            PageFile file = files.find(path).orElseThrow();
            routes.get(path, (request, response) -> send(file, request, response));
        }
    }

    private static void send(PageFile file, ServerRequest request, ServerResponse response) {
        response.header(HeaderNames.ETAG, file.etag());
        response.header(HeaderNames.CACHE_CONTROL, "no-cache"); // asks each time, by its tag
        response.header(
                HeaderNames.create("Content-Security-Policy"), PageFiles.CONTENT_SECURITY_POLICY);
        response.header(HeaderNames.create("X-Content-Type-Options"), "nosniff");
        response.header(HeaderNames.create("Referrer-Policy"), "no-referrer");
        if (request.headers().value(HeaderNames.IF_NONE_MATCH).orElse("").equals(file.etag())) {
            response.status(304).send();
        } else {
            response.header(HeaderNames.CONTENT_TYPE, file.contentType());
            response.send(file.content());
        }
    }
}
