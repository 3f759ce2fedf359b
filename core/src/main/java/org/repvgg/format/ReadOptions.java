package org.repvgg.format;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.repvgg.spec.RepVggSpec;

/// What a reader knows better than the file. Tensor names and shapes do not tell strides, nor
/// branches without weights; files with our metadata need none of this.
///
/// @param spec the architecture, instead of what the file says or shows; null to go by the file
/// @param strides each stage's stride, instead of what the file says; null to go by the file, or
///   the paper's 2,2,2,2,2 where it says nothing
public record ReadOptions(@Nullable RepVggSpec spec, @Nullable List<Integer> strides) {
    /// Go by the file.
    public static final ReadOptions NONE = new ReadOptions(null, null);

    public ReadOptions {
        strides = strides == null ? null : List.copyOf(strides);
    }

    public static ReadOptions withSpec(RepVggSpec spec) {
        return new ReadOptions(spec, null);
    }

    public static ReadOptions withStrides(List<Integer> strides) {
        return new ReadOptions(null, strides);
    }
}
