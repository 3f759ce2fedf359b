package org.repvgg.serve.protocol;

import static org.repvgg.serve.protocol.ProtocolException.tooLarge;
import static org.repvgg.serve.protocol.ProtocolException.wrong;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Collects the one input, field by field, in whatever order they come.
final class InputReader {
    /// What the input is called.
    static final String NAME = "images";

    private static final String PLACE = "inputs[0]";
    private static final int RANK = 4;

    private final JsonReader json;
    private final Limits limits;
    private @Nullable String name;
    private @Nullable Datatype datatype;
    private @Nullable Shape shape;
    private @Nullable FloatCollector data;
    private @Nullable Long binarySize;

    InputReader(JsonReader json, Limits limits) {
        this.json = json;
        this.limits = limits;
    }

    void read() throws ProtocolException {
        json.fields(
                PLACE,
                Map.of(
                        "name", this::readName,
                        "datatype", () -> datatype = Datatype.parse(json.text(PLACE + ".datatype")),
                        "shape", this::readShape,
                        "data", this::readData,
                        "parameters", this::readParameters));
    }

    private void readName() throws ProtocolException {
        name = json.text(PLACE + ".name");
        if (!name.equals(NAME)) {
            throw wrong("%s.name must be '%s', not %s", PLACE, NAME, ProtocolException.quote(name));
        }
    }

    private void readShape() throws ProtocolException {
        List<Integer> dimensions = new ArrayList<>();
        json.elements(
                PLACE + ".shape",
                () -> {
                    checkRank(dimensions.size() < RANK);
                    dimensions.add(readDimension());
                });
        checkRank(dimensions.size() == RANK);
        if (dimensions.getFirst() > limits.images()) {
            throw tooLarge(
                    "%s.shape is %s, a request may have %s images",
                    PLACE, dimensions, limits.images());
        }
        long elements = 1;
        for (int dimension : dimensions) {
            elements *= dimension; // of two ints: no overflow
            checkElements(elements, dimensions);
        }
        shape = Shape.of(dimensions.stream().mapToInt(Integer::intValue).toArray());
    }

    private int readDimension() throws ProtocolException {
        long dimension = json.wholeNumber(PLACE + ".shape");
        if (dimension < 1) {
            throw wrong("%s.shape must hold numbers from 1 on, not %s", PLACE, dimension);
        }
        checkElements(dimension, dimension);
        return (int) dimension;
    }

    private static void checkRank(boolean fits) throws ProtocolException {
        if (!fits) {
            throw wrong("%s.shape must have %s dimensions, [n,c,h,w]", PLACE, RANK);
        }
    }

    private void checkElements(long elements, Object found) throws ProtocolException {
        if (elements > limits.elements()) {
            throw tooLarge(
                    "%s.shape says %s, a request may have %s elements",
                    PLACE, found, limits.elements());
        }
    }

    private void readData() throws ProtocolException {
        var floats = new FloatCollector(shape == null ? limits.elements() : shape.elements());
        json.numbers(
                PLACE + ".data",
                number -> {
                    checkFinite(number, floats.size());
                    if (floats.isFull()) {
                        throw tooMany(floats.size());
                    }
                    floats.add(number);
                });
        data = floats;
    }

    private ProtocolException tooMany(int most) {
        return shape == null
                ? tooLarge("%s.data has more than %s elements", PLACE, most)
                : wrong("%s.data has more than the %s elements of shape %s", PLACE, most, shape);
    }

    private void readParameters() throws ProtocolException {
        json.fields(
                PLACE + ".parameters",
                Map.of(
                        "binary_data_size",
                        () ->
                                binarySize =
                                        json.wholeNumber(PLACE + ".parameters.binary_data_size")));
    }

    /// The input, once all of its JSON is read.
    ///
    /// @param binary what follows the JSON, little-endian
    /// @return `[n,c,h,w]`
    Tensor images(ByteBuffer binary) throws ProtocolException {
        var _ = present(name, "name");
        Shape wanted = present(shape, "shape");
        Datatype type = present(datatype, "datatype");
        FloatCollector numbers = data;
        Long size = binarySize;
        if (numbers != null && size != null) {
            throw wrong("%s has data, and parameters.binary_data_size too", PLACE);
        }
        return Tensor.ofOwned(
                wanted,
                size == null
                        ? fromJson(present(numbers, "data"), wanted, type, binary.remaining())
                        : fromBinary(binary, wanted, type, size));
    }

    private static float[] fromJson(
            FloatCollector numbers, Shape wanted, Datatype type, int binaryBytes)
            throws ProtocolException {
        if (type.isBinaryOnly()) {
            throw wrong("%s.datatype %s is for binary data only", PLACE, type);
        }
        if (numbers.size() != wanted.elements()) {
            throw wrong(
                    "%s.data has %s elements, shape %s has %s",
                    PLACE, numbers.size(), wanted, wanted.elements());
        }
        if (binaryBytes > 0) {
            throw wrong("%s bytes follow the JSON, which no input claims", binaryBytes);
        }
        return numbers.toArray();
    }

    private static float[] fromBinary(ByteBuffer binary, Shape wanted, Datatype type, long size)
            throws ProtocolException {
        long bytes = (long) wanted.elements() * type.bytes();
        if (size != bytes) {
            throw wrong(
                    "%s.parameters.binary_data_size is %s, %s of %s takes %s bytes",
                    PLACE, size, type, wanted, bytes);
        }
        if (binary.remaining() != bytes) {
            throw wrong(
                    "%s bytes follow the JSON, binary_data_size is %s", binary.remaining(), size);
        }
        float[] floats = type.toFloats(binary);
        for (int i = 0; i < floats.length; i++) {
            checkFinite(floats[i], i);
        }
        return floats;
    }

    private static void checkFinite(float number, int index) throws ProtocolException {
        if (!Float.isFinite(number)) {
            throw wrong("%s: element %s is not a finite float", PLACE, index);
        }
    }

    private static <T> T present(@Nullable T value, String field) throws ProtocolException {
        if (value == null) {
            throw wrong("%s.%s is missing", PLACE, field);
        }
        return value;
    }
}
