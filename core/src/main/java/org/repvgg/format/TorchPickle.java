package org.repvgg.format;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.Unpickler.None;
import org.repvgg.format.Unpickler.Refusal;
import org.repvgg.format.Unpickler.Tuple;

/// What PyTorch's pickles may name: tensors, their storages, ordered dictionaries, sizes and data
/// types; and the state dictionary in what they describe.
final class TorchPickle implements Unpickler.Library {
    /// Where training scripts put the state dictionary, averaged weights first, as timm does.
    private static final List<String> WRAPPERS =
            List.of(
                    "state_dict_ema",
                    "model_ema",
                    "ema_state_dict",
                    "ema",
                    "state_dict",
                    "model_state_dict",
                    "model",
                    "network",
                    "net",
                    "params");

    /// Wrappers in wrappers.
    private static final int DEPTH = 3;

    private static final Map<String, DataType> STORAGES =
            Map.of(
                    "DoubleStorage", DataType.F64,
                    "FloatStorage", DataType.F32,
                    "HalfStorage", DataType.F16,
                    "BFloat16Storage", DataType.BF16,
                    "LongStorage", DataType.I64,
                    "IntStorage", DataType.I32,
                    "ShortStorage", DataType.I16,
                    "CharStorage", DataType.I8,
                    "ByteStorage", DataType.U8,
                    "BoolStorage", DataType.BOOL);

    private static final List<String> DATA_TYPES =
            List.of(
                    "float64",
                    "float32",
                    "float16",
                    "bfloat16",
                    "int64",
                    "int32",
                    "int16",
                    "int8",
                    "uint8",
                    "bool");

    /// The functions and classes that may be called.
    private enum Function {
        ORDERED_DICT("collections.OrderedDict"),
        TENSOR("torch._utils._rebuild_tensor_v2"),
        OLD_TENSOR("torch._utils._rebuild_tensor"),
        PARAMETER("torch._utils._rebuild_parameter"),
        SIZE("torch.Size"),
        DEVICE("torch.device");

        private final String name;

        Function(String name) {
            this.name = name;
        }

        static Optional<Function> of(String name) {
            for (Function function : values()) {
                if (function.name.equals(name)) {
                    return Optional.of(function);
                }
            }
            return Optional.empty();
        }
    }

    /// A run of elements in the file.
    ///
    /// @param key by which the file finds it
    /// @param offset elements before it, under that key
    record Storage(String key, DataType type, long offset, long elements) {}

    /// A tensor on a storage.
    ///
    /// @param offset elements before its first
    /// @param strides elements from one to the next, for each dimension
    record View(Storage storage, long offset, List<Integer> dimensions, List<Integer> strides) {
        DataType type() {
            return storage.type;
        }

        /// Elements from the first to the last, both included; 0 for an empty tensor.
        int span() {
            int last = 0;
            for (int d = 0; d < dimensions.size(); d++) {
                if (dimensions.get(d) == 0) {
                    return 0;
                }
                last += (dimensions.get(d) - 1) * strides.get(d);
            }
            return last + 1;
        }

        /// Whether the elements lie in the order of their indexes.
        boolean isContiguous() {
            int expected = 1;
            for (int d = dimensions.size() - 1; d >= 0; d--) {
                if (dimensions.get(d) > 1 && strides.get(d) != expected) {
                    return false;
                }
                expected *= dimensions.get(d);
            }
            return true;
        }

        /// Where each element lies, in the order of their indexes, counted from the first.
        int[] places() {
            int[] places = {0};
            for (int d = 0; d < dimensions.size(); d++) {
                int extent = dimensions.get(d);
                int[] finer = new int[places.length * extent];
                for (int i = 0; i < finer.length; i++) {
                    finer[i] = places[i / extent] + i % extent * strides.get(d);
                }
                places = finer;
            }
            return places;
        }
    }

    /// The tensors of a file's state dictionary by name.
    static Map<String, View> tensors(TorchStorages storages) throws IOException {
        Object root = storages.root(new TorchPickle());
        Map<String, View> tensors = new LinkedHashMap<>();
        find(root, DEPTH)
                .ifPresent(
                        dictionary ->
                                dictionary.forEach(
                                        (key, value) -> {
                                            if (key instanceof String name
                                                    && value instanceof View view) {
                                                tensors.put(name, view);
                                            }
                                        }));
        if (tensors.isEmpty()) {
            throw new CheckpointException(
                    storages.path(), "holds no state dictionary" + keys(root));
        }
        storages.check(tensors);
        return tensors;
    }

    private static Optional<Map<?, ?>> find(@Nullable Object value, int depth) {
        if (!(value instanceof Map<?, ?> map) || depth == 0) {
            return Optional.empty();
        }
        if (map.values().stream().anyMatch(View.class::isInstance)) {
            return Optional.of(map);
        }
        for (String wrapper : WRAPPERS) {
            Optional<Map<?, ?>> found = find(map.get(wrapper), depth - 1);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private static String keys(Object root) {
        return root instanceof Map<?, ?> map ? ", its entries are " + map.keySet() : "";
    }

    @Override
    public Object global(String module, String name) throws Refusal {
        String whole = module + "." + name;
        Optional<Function> function = Function.of(whole);
        if (function.isPresent()) {
            return function.get();
        }
        DataType type = STORAGES.get(name);
        if (type != null && (module.equals("torch") || module.equals("torch.cuda"))) {
            return type;
        }
        if (module.equals("torch") && DATA_TYPES.contains(name)) {
            return None.NONE;
        }
        throw new Refusal(
                "asks for %s, which is refused: only tensors are read, save the state_dict alone"
                        .formatted(whole));
    }

    @Override
    public Object call(Object function, List<Object> arguments) throws Refusal {
        if (!(function instanceof Function known)) {
            throw new Refusal("calls something that is no function");
        }
        return switch (known) {
            case ORDERED_DICT -> dictionary(arguments);
            case TENSOR, OLD_TENSOR -> tensor(arguments);
            case PARAMETER -> argument(arguments, 0, View.class, "a tensor");
            case SIZE -> argument(arguments, 0, Tuple.class, "a tuple");
            case DEVICE -> None.NONE;
        };
    }

    /// Names and values are put in afterwards.
    private static Object dictionary(List<Object> arguments) throws Refusal {
        if (!arguments.isEmpty()) {
            throw new Refusal("an ordered dictionary is made of something");
        }
        return new LinkedHashMap<>();
    }

    private static View tensor(List<Object> arguments) throws Refusal {
        Storage storage = argument(arguments, 0, Storage.class, "a storage");
        long offset = argument(arguments, 1, Long.class, "an integer");
        List<Integer> dimensions = integers(argument(arguments, 2, Tuple.class, "a tuple"));
        List<Integer> strides = integers(argument(arguments, 3, Tuple.class, "a tuple"));
        if (dimensions.size() != strides.size()) {
            throw new Refusal(
                    "a tensor's shape is %s, its strides %s".formatted(dimensions, strides));
        }
        long elements = 1;
        long last = offset;
        try {
            for (int d = 0; d < dimensions.size(); d++) {
                elements = Math.multiplyExact(elements, dimensions.get(d));
                last = Math.addExact(last, (dimensions.get(d) - 1L) * strides.get(d));
            }
        } catch (ArithmeticException e) {
            elements = Long.MAX_VALUE;
        }
        if (offset < 0
                || elements > storage.elements
                || elements > Integer.MAX_VALUE
                || (elements > 0
                        && (last >= storage.elements || last - offset >= Integer.MAX_VALUE))) {
            throw new Refusal(
                    "a tensor of shape %s, strides %s and offset %s does not fit a storage of %s elements"
                            .formatted(dimensions, strides, offset, storage.elements));
        }
        return new View(storage, offset, dimensions, strides);
    }

    private static List<Integer> integers(Tuple tuple) throws Refusal {
        List<Integer> integers = new ArrayList<>();
        for (Object item : tuple.items()) {
            if (!(item instanceof Long value) || value < 0 || value > Integer.MAX_VALUE) {
                throw new Refusal("a tensor's extents and strides are integers, and not negative");
            }
            integers.add(value.intValue());
        }
        return integers;
    }

    /// `("storage", type, key, location, elements)`, and in files before 1.6 a part of it: `(key,
    /// offset, elements)`, or none.
    @Override
    public Object persistent(Object id) throws Refusal {
        if (!(id instanceof Tuple tuple)) {
            throw new Refusal("a storage's id is a tuple");
        }
        List<Object> items = tuple.items();
        if (!"storage".equals(argument(items, 0, String.class, "text"))) {
            throw new Refusal("refers to something that is no storage");
        }
        DataType type = argument(items, 1, DataType.class, "a storage's type");
        String key = argument(items, 2, String.class, "text");
        long elements = argument(items, 4, Long.class, "an integer");
        if (elements < 0) {
            throw new Refusal("a storage has %s elements".formatted(elements));
        }
        if (items.size() > 5 && items.get(5) instanceof Tuple part) {
            long offset = argument(part.items(), 1, Long.class, "an integer");
            long size = argument(part.items(), 2, Long.class, "an integer");
            if (offset < 0 || size < 0 || offset > elements - size) {
                throw new Refusal(
                        "a part of %s elements from %s on does not fit a storage of %s"
                                .formatted(size, offset, elements));
            }
            return new Storage(key, type, offset, size);
        }
        return new Storage(key, type, 0, elements);
    }

    private static <T> T argument(List<Object> arguments, int index, Class<T> type, String what)
            throws Refusal {
        if (index < arguments.size() && type.isInstance(arguments.get(index))) {
            return type.cast(arguments.get(index));
        }
        throw new Refusal("argument %s of a call is not %s".formatted(index, what));
    }
}
