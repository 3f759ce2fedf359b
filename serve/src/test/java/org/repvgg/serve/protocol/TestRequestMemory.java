package org.repvgg.serve.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a request takes is in proportion to its body.
final class TestRequestMemory {
    /// Jackson's buffers, a decoder, a message: measured 20,000.
    private static final long FIXED = 100_000;

    /// Measured: 1 for numbers as images have them, 8 for short names that are skipped, each of
    /// them a string; up to 10 while nothing is compiled yet.
    private static final long PER_BYTE = 16;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static long allocatedBytes(RequestBody body) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try {
            body.parse();
        } catch (ProtocolException e) {
            assertThat(e).isNotNull(); // as good as an answer
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"inputs\":[{\"shape\":[1,1,2147483647,1]}]}",
                "{\"inputs\":[{\"shape\":[64,3,224,224],\"data\":[1]}]}",
                "{\"inputs\":[{\"data\":[1],\"shape\":[64,3,224,224],\"name\":\"images\","
                        + "\"datatype\":\"FP32\"}]}",
                "{\"inputs\":[{\"shape\":[64,3,224,224],\"name\":\"images\",\"datatype\":\"FP32\","
                        + "\"parameters\":{\"binary_data_size\":38535168}}]}",
                "{\"outputs\":[{\"name\":\"logits\","
                        + "\"parameters\":{\"classification\":2147483647}}]}"
            })
    void announcementsTakeNone(String json) {
        RequestBody body = RequestBody.json(json);
        allocatedBytes(body); // loads classes
        assertThat(allocatedBytes(body)).isLessThan(FIXED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"inputs\":[{\"data\":[%s1,",
                "{\"inputs\":[{\"data\":[%s-1.5e-3,",
                "{\"inputs\":[{\"data\":[%s0.4871235,",
                "{\"inputs\":[{\"data\":[%s[],",
                "{\"inputs\":[{\"shape\":[%s1,",
                "{\"inputs\":[%s{},",
                "{\"outputs\":[%s{},",
                "{\"x\":[%s{},",
                "{%s\"x\":1,",
                "{\"id\":\"%sa",
                "{\"x\":\"%s\\u0001",
                "%s[",
                "%s "
            })
    void textTakesAFewTimesItsLength(String pattern) {
        int at = pattern.indexOf("%s");
        String repeated = pattern.substring(at + 2);
        RequestBody body =
                RequestBody.json(
                        pattern.substring(0, at) + repeated.repeat(1_000_000 / repeated.length()));
        allocatedBytes(body);
        assertThat(allocatedBytes(body)).isLessThan(FIXED + PER_BYTE * body.bytes().length);
    }
}
