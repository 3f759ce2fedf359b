package org.repvgg.spec;

/// The two lives of a network.
public enum Form {
    /// With branches and batch norms: what is trained.
    TRAIN,
    /// One 3x3 convolution a block: what is run.
    PLAIN
}
