package org.repvgg.format;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads Python's pickles as PyTorch writes them, without running anything: a pickle is a program
/// for a stack machine, and the instructions that name functions and classes only get what a list
/// allows.
///
/// Values become `String`, `Long`, `BigInteger`, `Double`, `Boolean`, [None], `List` (lists and
/// sets), `Map` (dictionaries), [Tuple], and what [Library] makes. What a pickle costs is limited
/// by its length: no byte of it makes more than an empty dictionary, some sixty bytes of memory.
final class Unpickler {
    /// Longest pickle that is read. A network of a thousand tensors takes 200 KB.
    static final int MAX_BYTES = 1 << 22;

    private static final int HIGHEST_PROTOCOL = 5;
    private static final Object MARK = new Object();

    private final Path path;
    private final String place;
    private final ByteBuffer bytes;
    private final Library library;
    private final List<Object> stack = new ArrayList<>();
    private final Map<Long, Object> memo = new HashMap<>();
    private int instruction; // where the one at work begins

    /// @param place of the pickle in the file, for messages: `archive/data.pkl`
    /// @param bytes read from their position on
    Unpickler(Path path, String place, ByteBuffer bytes, Library library) {
        this.path = path;
        this.place = place;
        this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
        this.library = library;
    }

    /// The functions and classes that a pickle may name. Each method returns the value, or throws
    /// [Refusal].
    interface Library {
        /// What a pickle refers to by module and name.
        Object global(String module, String name) throws Refusal;

        /// The function or class called with arguments.
        Object call(Object function, List<Object> arguments) throws Refusal;

        /// What lies outside of the pickle under this id.
        Object persistent(Object id) throws Refusal;
    }

    /// Why a pickle is not read on.
    static final class Refusal extends Exception {
        private static final long serialVersionUID = 1;

        Refusal(String message) {
            super(message);
        }
    }

    /// Python's `None`.
    enum None {
        NONE
    }

    /// A tuple; unlike lists it never changes, so equal items make equal tuples.
    record Tuple(List<Object> items) {}

    /// Runs one pickle to its end, and leaves the bytes' position behind it.
    ///
    /// @throws CheckpointException with the offset of the instruction in the pickle's bytes
    Object read() throws CheckpointException {
        try {
            while (true) {
                instruction = bytes.position();
                int opcode = u8();
                if (opcode == '.') {
                    return pop();
                }
                run(opcode);
            }
        } catch (Refusal e) {
            throw new CheckpointException(path, instruction, place + ": " + e.getMessage());
        }
    }

    private void run(int opcode) throws Refusal {
        switch (opcode) {
            case 0x80 -> protocol();
            case 0x95 -> take(Long.BYTES); // the length of a frame
            case '(' -> stack.add(MARK);
            case '0' -> pop();
            case '1' -> popMark();
            case 'N' -> stack.add(None.NONE);
            case 0x88 -> stack.add(true);
            case 0x89 -> stack.add(false);
            case 'J' -> stack.add((long) take(Integer.BYTES).getInt());
            case 'K' -> stack.add((long) u8());
            case 'M' -> stack.add((long) u16());
            case 0x8a -> stack.add(integer());
            case 'G' -> stack.add(take(Double.BYTES).order(ByteOrder.BIG_ENDIAN).getDouble());
            case 'X', 'T', 'B' -> stack.add(text(u32()));
            case 'U', 0x8c, 'C' -> stack.add(text(u8()));
            case '}' -> stack.add(new LinkedHashMap<>());
            case ']', 0x8f -> stack.add(new ArrayList<>());
            case ')' -> stack.add(new Tuple(List.of()));
            case 't' -> stack.add(new Tuple(popMark()));
            case 0x85, 0x86, 0x87 -> stack.add(new Tuple(pop(opcode - 0x84)));
            case 'q' -> memo.put((long) u8(), top());
            case 'r' -> memo.put(u32(), top());
            case 0x94 -> memo.put((long) memo.size(), top());
            case 'h' -> stack.add(remembered(u8()));
            case 'j' -> stack.add(remembered(u32()));
            case 'c' -> stack.add(library.global(line(), line()));
            case 0x93 -> {
                List<Object> names = pop(2);
                stack.add(library.global(asText(names.get(0)), asText(names.get(1))));
            }
            case 'R', 0x81 -> {
                List<Object> call = pop(2);
                stack.add(library.call(call.get(0), asTuple(call.get(1)).items()));
            }
            case 'Q' -> stack.add(library.persistent(pop()));
            case 'b' -> build();
            case 'a' -> {
                Object item = pop();
                asList(top()).add(item);
            }
            case 'e', 0x90 -> {
                List<Object> items = popMark();
                asList(top()).addAll(items);
            }
            case 's' -> put(pop(2));
            case 'u' -> put(popMark());
            default ->
                    throw new Refusal(
                            "instruction 0x%02x is none that PyTorch writes".formatted(opcode));
        }
    }

    private void protocol() throws Refusal {
        int protocol = u8();
        if (protocol > HIGHEST_PROTOCOL) {
            throw new Refusal("pickle protocol %s is not known".formatted(protocol));
        }
    }

    /// The attributes that PyTorch gives a dictionary say nothing about its tensors.
    private void build() throws Refusal {
        pop();
        if (!(top() instanceof Map)) {
            throw new Refusal("sets attributes of something that is no dictionary");
        }
    }

    private void put(List<Object> pairs) throws Refusal {
        if (pairs.size() % 2 != 0) {
            throw new Refusal("a dictionary's key has no value");
        }
        if (!(top() instanceof Map<?, ?>)) {
            throw new Refusal("puts into something that is no dictionary");
        }
        @SuppressWarnings("unchecked") // every map on the stack is one of ours
        Map<Object, Object> map = (Map<Object, Object>) top();
        for (int i = 0; i < pairs.size(); i += 2) {
            Object key = pairs.get(i);
            // Others could hold themselves, and hash for ever.
            if (!(key instanceof String || key instanceof Number || key instanceof Boolean)) {
                throw new Refusal("a dictionary's key is neither text nor number");
            }
            map.put(key, pairs.get(i + 1));
        }
    }

    private Object remembered(long number) throws Refusal {
        Object value = memo.get(number);
        if (value == null) {
            throw new Refusal("nothing is remembered under " + number);
        }
        return value;
    }

    private Object top() throws Refusal {
        if (stack.isEmpty() || stack.getLast() == MARK) {
            throw new Refusal("takes more from the stack than there is");
        }
        return stack.getLast();
    }

    private Object pop() throws Refusal {
        Object value = top();
        stack.removeLast();
        return value;
    }

    private List<Object> pop(int count) throws Refusal {
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            values.add(pop());
        }
        Collections.reverse(values);
        return values;
    }

    /// Everything above the last mark, and the mark.
    private List<Object> popMark() throws Refusal {
        int mark = stack.lastIndexOf(MARK);
        if (mark < 0) {
            throw new Refusal("no mark on the stack");
        }
        List<Object> above = stack.subList(mark + 1, stack.size());
        List<Object> values = new ArrayList<>(above);
        stack.subList(mark, stack.size()).clear();
        return values;
    }

    private ByteBuffer take(long count) throws Refusal {
        if (count > bytes.remaining()) {
            throw new Refusal(
                    "%s bytes are wanted, %s are left".formatted(count, bytes.remaining()));
        }
        int from = bytes.position();
        bytes.position(from + (int) count);
        return bytes.slice(from, (int) count).order(ByteOrder.LITTLE_ENDIAN);
    }

    private int u8() throws Refusal {
        return Byte.toUnsignedInt(take(1).get());
    }

    private int u16() throws Refusal {
        return Short.toUnsignedInt(take(Short.BYTES).getShort());
    }

    private long u32() throws Refusal {
        return Integer.toUnsignedLong(take(Integer.BYTES).getInt());
    }

    private String text(long length) throws Refusal {
        return StandardCharsets.UTF_8.decode(take(length)).toString();
    }

    private String line() throws Refusal {
        int end = bytes.position();
        while (end < bytes.limit() && bytes.get(end) != '\n') {
            end++;
        }
        String line = text(end - bytes.position());
        take(1);
        return line;
    }

    /// A little-endian integer in as few bytes as it takes.
    private Object integer() throws Refusal {
        ByteBuffer little = take(u8());
        byte[] big = new byte[little.remaining() + 1]; // of no bytes is zero
        for (int i = 0; i < little.limit(); i++) {
            big[big.length - 1 - i] = little.get(i);
        }
        big[0] = (byte) (big.length > 1 && big[1] < 0 ? -1 : 0);
        BigInteger value = new BigInteger(big);
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }

    private static String asText(Object value) throws Refusal {
        if (value instanceof String text) {
            return text;
        }
        throw new Refusal("text is wanted");
    }

    private static Tuple asTuple(Object value) throws Refusal {
        if (value instanceof Tuple tuple) {
            return tuple;
        }
        throw new Refusal("a tuple is wanted");
    }

    @SuppressWarnings("unchecked") // every list on the stack is one of ours
    private static List<Object> asList(Object value) throws Refusal {
        if (value instanceof List<?> list) {
            return (List<Object>) list;
        }
        throw new Refusal("adds to something that is no list");
    }
}
