package org.repvgg.data;

/// A split that can be fingerprinted.
interface Split extends LabelledImages {

    /// Bytes that image `index` takes where it lies.
    long bytes(int index);

    /// One line an image for the digest: `name TAB label TAB size`.
    default String[] digestLines() {
        String[] lines = new String[size()];
        for (int i = 0; i < lines.length; i++) {
            lines[i] = name(i) + "\t" + label(i) + "\t" + bytes(i);
        }
        return lines;
    }
}
