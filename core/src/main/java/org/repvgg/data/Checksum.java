package org.repvgg.data;

import static org.repvgg.tensor.Checks.checkArgument;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;

/// What the bytes of a file must add up to.
///
/// @param algorithm `MD5` or `SHA-256`; MD5 finds damage, which is all that old data sets' authors
///   publish it for
/// @param hex lower-case hexadecimal
public record Checksum(String algorithm, String hex) {
    public Checksum {
        hex = hex.toLowerCase(Locale.ROOT);
        int length = algorithm.equals("MD5") ? 32 : 64;
        checkArgument(
                (algorithm.equals("MD5") || algorithm.equals("SHA-256"))
                        && hex.matches("[0-9a-f]{" + length + "}"),
                "no checksum: algorithm=%s, hex=%s",
                algorithm,
                hex);
    }

    public static Checksum md5(String hex) {
        return new Checksum("MD5", hex);
    }

    public static Checksum sha256(String hex) {
        return new Checksum("SHA-256", hex);
    }

    /// The checksum that `file` really has, by the same algorithm.
    public Checksum of(Path file) throws IOException {
        MessageDigest digest = Digests.algorithm(algorithm);
        byte[] buffer = new byte[1 << 16];
        try (InputStream stream = Files.newInputStream(file)) {
            for (int count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
                digest.update(buffer, 0, count);
            }
        }
        return new Checksum(algorithm, HexFormat.of().formatHex(digest.digest()));
    }
}
