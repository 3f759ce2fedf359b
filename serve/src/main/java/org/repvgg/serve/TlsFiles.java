package org.repvgg.serve;

import java.nio.file.Path;

/// What HTTPS needs, as PEM files.
///
/// @param certificate the server's certificate, then those that vouch for it
/// @param key its private key, not encrypted
public record TlsFiles(Path certificate, Path key) {}
