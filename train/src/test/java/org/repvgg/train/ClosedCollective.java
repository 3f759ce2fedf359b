package org.repvgg.train;

/// For ranks of which nothing is wanted but their numbers.
final class ClosedCollective implements Collective {
    @Override
    public void beginSum(float[] values, int from, int length) {
        throw new AssertionError("nothing is done together");
    }

    @Override
    public void finishSums() {
        throw new AssertionError("nothing is done together");
    }

    @Override
    public void sum(double[] values) {
        throw new AssertionError("nothing is done together");
    }

    @Override
    public void broadcast(float[] values) {
        throw new AssertionError("nothing is done together");
    }

    @Override
    public void close() {}
}
