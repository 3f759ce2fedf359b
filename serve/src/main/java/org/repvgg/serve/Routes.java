package org.repvgg.serve;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/// Paths that answer one method each, and say so to the others.
record Routes(HttpRules rules) {

    void get(String path, Handler handler) {
        rules.get(path, handler);
        only("GET", path);
    }

    void post(String path, Handler handler) {
        rules.post(path, handler);
        only("POST", path);
    }

    private void only(String method, String path) {
        rules.any(path, (request, response) -> refuse(method, request, response));
    }

    private static void refuse(String method, ServerRequest request, ServerResponse response) {
        response.header(HeaderNames.ALLOW, method);
        String asked = request.prologue().method().text();
        if (asked.equals("HEAD")) { // whose answers have no body
            response.status(405).send();
        } else {
            throw new HttpFailure(405, "wants %s, not %s".formatted(method, asked));
        }
    }
}
