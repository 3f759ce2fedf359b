package org.repvgg.fold;

/// A network that no plain form equals; the message says where and why.
public final class NotFoldableException extends IllegalArgumentException {
    /// @param place the block and branch: `stage1.0, branch conv3x3-relu`
    /// @param why the reason, on one line
    public NotFoldableException(String place, String why) {
        super(place + ": " + why);
    }
}
