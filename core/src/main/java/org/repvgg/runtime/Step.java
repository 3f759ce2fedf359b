package org.repvgg.runtime;

import java.util.List;
import org.repvgg.kernel.Activation;

/// One operation of a [Program] on numbered registers, each a batch of feature maps.
sealed interface Step {

    /// Every register it reads or writes.
    List<Integer> registers();

    /// `to = activation(conv(from))`; a linear layer is a convolution of 1x1 maps.
    record Convolve(int from, int to, ConvWeights conv, Activation activation) implements Step {
        @Override
        public List<Integer> registers() {
            return List.of(from, to);
        }
    }

    /// `to = activation(line(from))`, perhaps in place.
    record Affine(int from, int to, ChannelLine line, Activation activation) implements Step {
        @Override
        public List<Integer> registers() {
            return List.of(from, to);
        }
    }

    /// `to += activation(line(from))`.
    record AddAffine(int from, int to, ChannelLine line, Activation activation) implements Step {
        @Override
        public List<Integer> registers() {
            return List.of(from, to);
        }
    }

    /// `to += from`.
    record Add(int from, int to) implements Step {
        @Override
        public List<Integer> registers() {
            return List.of(from, to);
        }
    }

    /// `at = max(at, 0)`.
    record Relu(int at) implements Step {
        @Override
        public List<Integer> registers() {
            return List.of(at);
        }
    }

    /// `to = ` mean of `from` over height and width.
    record Mean(int from, int to) implements Step {
        @Override
        public List<Integer> registers() {
            return List.of(from, to);
        }
    }

    /// `at = 1 / (1 + exp(-at))`, on 1x1 maps.
    record Sigmoid(int at) implements Step {
        @Override
        public List<Integer> registers() {
            return List.of(at);
        }
    }

    /// `at = at * gain`, one gain a channel and image.
    record Multiply(int gain, int at) implements Step {
        @Override
        public List<Integer> registers() {
            return List.of(gain, at);
        }
    }

    /// Nothing but a mark: `at` is now what block `block` answers.
    record BlockOutput(int block, int at) implements Step {
        @Override
        public List<Integer> registers() {
            return List.of(at);
        }
    }
}
