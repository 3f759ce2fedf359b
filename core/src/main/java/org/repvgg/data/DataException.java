package org.repvgg.data;

import java.io.IOException;

/// Data that cannot be used. The message is one line: where, what is wrong, both values, and what
/// to do where known.
public final class DataException extends IOException {

    /// @param place what the user named: a path, an entry, an address
    public DataException(String place, String problem) {
        super(oneLine(place + ": " + problem));
    }

    public DataException(String place, String problem, Throwable cause) {
        super(oneLine(place + ": " + problem), cause);
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\p{Cntrl}+", " ").strip();
    }
}
