package org.repvgg.data;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/// Fingerprints of data sets and files.
public final class Digests {
    private Digests() {}

    /// SHA-256 over the sorted lines `name TAB label TAB size`: the same wherever the data lies and
    /// however it is packed.
    static String ofLines(String[] lines) {
        Arrays.sort(lines);
        MessageDigest digest = algorithm("SHA-256");
        for (String line : lines) {
            digest.update(line.getBytes(StandardCharsets.UTF_8));
            digest.update((byte) '\n');
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /// A digest that every Java has, by its name.
    public static MessageDigest algorithm(String name) {
        try {
            return MessageDigest.getInstance(name);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has " + name, e);
        }
    }
}
