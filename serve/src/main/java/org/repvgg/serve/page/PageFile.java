package org.repvgg.serve.page;

import java.util.HexFormat;
import org.repvgg.data.Digests;

/// One file of the page, as it goes over the wire.
public final class PageFile {
    private final String contentType;
    private final byte[] content;
    private final String etag;

    PageFile(String contentType, byte[] content) {
        this.contentType = contentType;
        this.content = content.clone();
        byte[] digest = Digests.algorithm("SHA-256").digest(content);
        this.etag = '"' + HexFormat.of().formatHex(digest) + '"';
    }

    /// `text/html; charset=utf-8`.
    public String contentType() {
        return contentType;
    }

    /// The bytes, owned by the caller.
    public byte[] content() {
        return content.clone();
    }

    /// A strong entity tag, quotes included: the content's SHA-256.
    public String etag() {
        return etag;
    }
}
