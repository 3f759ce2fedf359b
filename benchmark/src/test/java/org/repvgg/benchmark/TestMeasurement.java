package org.repvgg.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import java.io.StringReader;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.repvgg.train.torch.TorchOptions.Precision;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

final class TestMeasurement {
    private static Measurement measurement(String engine, int threads, int count, double millis) {
        var error = new Measurement.Logits(engine.equals("repvgg") ? 1.5e-7 : Double.NaN);
        return measurement(engine, threads, count, millis, error);
    }

    private static Measurement step(String engine, int threads, double millis) {
        return measurement(engine, threads, 1, millis, new Measurement.Loss(2.302585));
    }

    /// Calls of 1, 2, ... `count` times `millis`.
    private static Measurement measurement(
            String engine, int threads, int count, double millis, Measurement.Answer answer) {
        long[] nanos =
                LongStream.rangeClosed(1, count).map(i -> Math.round(i * millis * 1e6)).toArray();
        return new Measurement(
                "net<1>",
                engine,
                "one, two",
                threads,
                4,
                32,
                24,
                1_000_000,
                7,
                3,
                nanos,
                100,
                answer,
                3 << 20);
    }

    @Test
    void figures() {
        Measurement one = measurement("repvgg", 1, 201, 0.1);

        assertThat(one.medianMillis()).isEqualTo(10.1);
        assertThat(one.fastestMillis()).isEqualTo(0.1);
        assertThat(one.slowMillis()).isEqualTo(19.9, within(0.11));
        assertThat(one.imagesPerSecond()).isEqualTo(4 / 0.0101, within(1e-6));
        assertThat(one.gigaflops()).isEqualTo(2e6 * 4 / 0.0101 * 1e-9, within(1e-9));
        assertThat(one.shareOfPeak()).isEqualTo(one.gigaflops() / 100);
    }

    @Test
    void steadyWhenTenInARowAreNearTheMedian() {
        long[] nanos = new long[30];
        Arrays.fill(nanos, 100);
        assertThat(Measurement.steadyAfter(nanos, 100)).isZero();
        nanos[3] = 126;
        assertThat(Measurement.steadyAfter(nanos, 100)).isEqualTo(4);
        nanos[10] = 300;
        assertThat(Measurement.steadyAfter(nanos, 100)).isEqualTo(11);
        Arrays.fill(nanos, 200);
        assertThat(Measurement.steadyAfter(nanos, 100)).isEqualTo(30);
    }

    @Test
    void csvHasARowEach() {
        List<Measurement> all =
                List.of(
                        measurement("repvgg", 1, 3, 1),
                        measurement("onnxruntime", 1, 3, 2),
                        measurement("repvgg", 2, 3, 1));
        List<String> lines = Tables.csv(all).lines().toList();

        assertThat(lines).hasSize(4);
        assertThat(lines.get(1))
                .isEqualTo(
                        "net<1>,repvgg,1,4,32,24,2.000,3.000,1.000,2000.0,1.00,4.0,0.04,7.0,3,1.5e-07,3,one; two");
        assertThat(lines.get(2)).contains(",2.00,").contains(",3,,3,");
        assertThat(Tables.ratio(all.get(2), all)).isEqualTo(1);
        assertThat(lines).allSatisfy(line -> assertThat(line.split(",", -1)).hasSize(18));
    }

    @Test
    void csvOfStepsHasLosses() {
        List<String> lines =
                Tables.csv(List.of(step("repvgg", 1, 4), step("libtorch-fp32-nchw", 1, 10)))
                        .lines()
                        .toList();

        assertThat(lines.getFirst()).contains(",first loss,").doesNotContain("error");
        assertThat(lines.get(1)).contains(",1.00,").contains(",2.302585,");
        assertThat(lines.get(2)).contains(",2.50,");
    }

    @Test
    void ratiosAreAgainstTheFastestLayoutOfAPrecision() {
        List<TrainingBenchmark.Rival> rivals =
                TrainingBenchmark.rivals(
                        List.of(
                                step("repvgg", 1, 4),
                                step("libtorch-fp32-nchw", 1, 10),
                                step("libtorch-fp32-channels-last", 1, 8),
                                step("libtorch-bf16-nchw", 1, 6),
                                step("libtorch-bf16-channels-last", 1, 7),
                                step("repvgg", 2, 2),
                                step("libtorch-fp32-channels-last", 2, 5)));

        assertThat(rivals)
                .extracting(one -> one.fastest().engine(), TrainingBenchmark.Rival::ratio)
                .containsExactly(
                        tuple("libtorch-fp32-channels-last", 2.0),
                        tuple("libtorch-bf16-nchw", 1.5),
                        tuple("libtorch-fp32-channels-last", 2.5));
        assertThat(rivals)
                .extracting(TrainingBenchmark.Rival::precision)
                .containsExactly(Precision.FP32, Precision.BF16, Precision.FP32);
    }

    @Test
    void chartIsXmlWithABarEach() throws Exception {
        String svg =
                BarChart.svg(
                        List.of(
                                measurement("repvgg", 1, 3, 1),
                                measurement("onnxruntime", 1, 3, 2),
                                measurement("repvgg", 2, 3, 1)));
        Document document =
                DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(new InputSource(new StringReader(svg)));

        assertThat(document.getElementsByTagName("rect").getLength()).isEqualTo(3);
        assertThat(svg).contains("net&lt;1&gt;: median time of a call");
        assertThat(BarChart.svg(List.of(step("repvgg", 1, 4))))
                .contains("net&lt;1&gt;: median time of a training step");
        assertThat(svg).contains("4.00 ms, 2.00x", "net&lt;1&gt;, 4 x 32x24, 2 threads");
    }
}
