package org.repvgg.train.java;

/// What a step spends its time on.
enum Work {
    LOADING("images into maps"),
    FORWARD_3X3("forward products, 3x3"),
    FORWARD_1X1("forward products, 1x1"),
    TRANSFORM("Winograd's transforms"),
    STATISTICS("statistics of norms"),
    NORMALISE("normalise, add, ReLU"),
    HEAD("pooling, classifier, loss"),
    GATHER("gradient of ReLU, sums"),
    DIFFERENTIATE("gradient of norms"),
    TRANSPOSE("kernels transposed"),
    INPUT_GRADIENT("input gradient"),
    WEIGHT_GRADIENT("weight gradient"),
    UPDATE("update"),
    WAITING("threads that wait");

    private final String title;

    Work(String title) {
        this.title = title;
    }

    /// What people read.
    String title() {
        return title;
    }
}
