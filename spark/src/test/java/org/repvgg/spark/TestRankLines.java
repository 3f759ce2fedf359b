package org.repvgg.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class TestRankLines {
    @Test
    void testEveryLineIsHeardOnceAndOldOnesAreForgotten() {
        var lines = new RankLines();
        List<String> heard = new ArrayList<>();
        var echo = new RankEcho(0, heard::add);
        assertThat(lines.isZero()).isTrue();

        lines.add("a");
        lines.add("b");
        echo.hear(lines.value());
        echo.hear(lines.value());
        lines.add("c");
        echo.hear(lines.copy().value());
        assertThat(heard).containsExactly("a", "b", "c");

        IntStream.range(0, 250).forEach(i -> lines.add("line " + i));
        echo.hear(lines.value());
        assertThat(lines.value().count()).isEqualTo(253);
        assertThat(heard).hasSize(103).endsWith("line 249").contains("line 150");
    }

    @Test
    void testTheDriverTakesTheTasksLinesOver() {
        var driver = new RankLines();
        var task = new RankLines();
        task.add("a");
        driver.merge(new RankLines());
        driver.merge(task);
        driver.merge(new RankLines());
        assertThat(driver.value().last()).containsExactly("a");
    }
}
