package org.repvgg.serve;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.fileupload2.core.MultipartInput;
import org.apache.commons.fileupload2.core.ParameterParser;

/// The image in a body: the body itself, or the one file of a form.
final class PhotoUpload {
    private static final String FORM = "multipart/form-data";

    private PhotoUpload() {}

    /// @param contentType as the caller says; only a form is told apart by it
    /// @throws HttpFailure if there is not exactly one image
    static byte[] image(byte[] body, Optional<String> contentType) {
        if (body.length == 0) {
            throw new HttpFailure(
                    400, "there is no image: send its bytes as the body, or a form with one file");
        }
        String type = contentType.orElse("").toLowerCase(Locale.ROOT);
        return type.startsWith(FORM) ? file(body, contentType.orElse("")) : body;
    }

    private static byte[] file(byte[] body, String contentType) {
        Map<String, String> parameters = parameters(contentType);
        String boundary = parameters.get("boundary");
        if (boundary == null || boundary.isEmpty()) {
            throw new HttpFailure(400, FORM + " without a boundary");
        }
        List<byte[]> files;
        try {
            files = files(body, boundary);
        } catch (IOException | RuntimeException e) {
            throw new HttpFailure(400, "the form cannot be read: " + e.getMessage());
        }
        if (files.size() != 1) {
            throw new HttpFailure(
                    400, "a form has one file, this one has %s".formatted(files.size()));
        }
        return files.getFirst();
    }

    private static List<byte[]> files(byte[] body, String boundary) throws IOException {
        MultipartInput input =
                MultipartInput.builder()
                        .setInputStream(new ByteArrayInputStream(body))
                        .setBoundary(boundary.getBytes(StandardCharsets.ISO_8859_1))
                        .get();
        List<byte[]> files = new ArrayList<>();
        for (boolean more = input.skipPreamble(); more; more = input.readBoundary()) {
            String headers = input.readHeaders();
            ByteArrayOutputStream part = new ByteArrayOutputStream();
            input.readBodyData(part);
            if (isFile(headers)) {
                files.add(part.toByteArray());
            }
        }
        return files;
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
