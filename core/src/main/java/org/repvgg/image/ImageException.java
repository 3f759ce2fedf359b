package org.repvgg.image;

import java.io.IOException;

/// An image that cannot be used. The message is one line: which image, what is wrong, both values.
public final class ImageException extends IOException {

    /// @param name what to call the image: a path or an entry's name
    public ImageException(String name, String problem) {
        super(oneLine(name + ": " + problem));
    }

    /// @param cause what the reader said; its message, where there is one, is in `problem`
    public ImageException(String name, String problem, Throwable cause) {
        super(oneLine(name + ": " + problem), cause);
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\p{Cntrl}+", " ").strip();
    }
}
