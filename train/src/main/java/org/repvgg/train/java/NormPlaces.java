package org.repvgg.train.java;

/// Where the tensors of a batch norm begin: weight and bias among the weights, the other two among
/// the statistics.
record NormPlaces(int weight, int bias, int mean, int variance) {

    /// @param name of the norm: `stage1.0.rbr_dense.bn`
    static NormPlaces of(Parameters parameters, String name) {
        return new NormPlaces(
                parameters.at(name + ".weight"),
                parameters.at(name + ".bias"),
                parameters.at(name + ".running_mean"),
                parameters.at(name + ".running_var"));
    }
}
