package org.repvgg.data;

/// Told how far a download is. Called from the downloading thread, several times a second at most.
@FunctionalInterface
public interface DownloadProgress {
    /// Tells nobody.
    DownloadProgress NONE = (_, _, _) -> {};

    /// @param file name of the file
    /// @param done bytes there so far, those of earlier attempts included
    /// @param total bytes in all; -1 where the server does not say
    void at(String file, long done, long total);
}
