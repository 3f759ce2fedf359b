package org.repvgg.spark;

import java.io.Serializable;

/// A file to read.
///
/// @param path as Hadoop writes it, with its scheme
/// @param bytes its length
/// @param changed when it was last written, milliseconds since 1970
record InputFile(String path, long bytes, long changed) implements Serializable {}
