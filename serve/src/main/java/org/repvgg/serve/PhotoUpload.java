package org.repvgg.serve;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.fileupload2.core.MultipartInput;
import org.apache.commons.fileupload2.core.ParameterParser;
import org.jspecify.annotations.Nullable;

/// The image in a body: the body itself, or the one file of a form.
final class PhotoUpload {
    private static final String FORM = "multipart/form-data";

    private PhotoUpload() {}

    /// @param contentType as the caller says; only a form is told apart by it
    /// @throws HttpFailure if there is not exactly one image
    static byte[] image(RequestBodies.Body body, Optional<String> contentType) {
        if (body.bytes().length == 0) {
            throw new HttpFailure(
                    400, "there is no image: send its bytes as the body, or a form with one file");
        }
        String type = contentType.orElse("").toLowerCase(Locale.ROOT);
        return type.startsWith(FORM) ? file(body, contentType.orElse("")) : body.bytes();
    }

    private static byte[] file(RequestBodies.Body body, String contentType) {
        String boundary = parameters(contentType).get("boundary");
        if (boundary == null || boundary.isEmpty()) {
            throw new HttpFailure(400, FORM + " without a boundary");
        }
        body.hold(2L * body.bytes().length); // the file, and what it is collected in
        try {
            return file(body.bytes(), boundary);
        } catch (HttpFailure e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw new HttpFailure(400, "the form cannot be read: " + e.getMessage());
        }
    }

    private static byte[] file(byte[] body, String boundary) throws IOException {
        MultipartInput input =
                MultipartInput.builder()
                        .setInputStream(new ByteArrayInputStream(body))
                        .setBoundary(boundary.getBytes(StandardCharsets.ISO_8859_1))
                        .get();
        byte @Nullable [] file = null;
        for (boolean more = input.skipPreamble(); more; more = input.readBoundary()) {
            if (!isFile(input.readHeaders())) {
                input.discardBodyData();
            } else if (file == null) {
                ByteArrayOutputStream part = new ByteArrayOutputStream();
                input.readBodyData(part);
                file = part.toByteArray();
            } else {
                throw new HttpFailure(400, "a form has one file, this one has more");
            }
        }
        if (file == null) {
            throw new HttpFailure(400, "a form has one file, this one has none");
        }
        return file;
    }

    private static boolean isFile(String headers) {
        return headers.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-disposition:"))
                .anyMatch(line -> parameters(line).containsKey("filename"));
    }

    private static Map<String, String> parameters(String header) {
        ParameterParser parser = new ParameterParser();
        parser.setLowerCaseNames(true);
        return parser.parse(header, ';');
    }
}
