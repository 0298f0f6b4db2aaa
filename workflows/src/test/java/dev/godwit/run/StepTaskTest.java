package dev.godwit.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.godwit.step.StepIdentity;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StepTaskTest {
    @ParameterizedTest
    @CsvSource({"1, 1, 1", "1, 2, 2", "1, 6, 32", "1, 7, 60", "1, 1000000, 60", "45, 2, 60", "300, 1, 300",
            "300, 9, 300", "0, 9, 0"})
    void the_delay_doubles_up_to_a_minute_unless_the_plan_asks_for_a_longer_one(int delay, int failures, int expected) {
        StepTask task = new StepTask(new StepIdentity("run", "plan", "target", "phase", "step", 1), "a.step",
                JsonNodeFactory.instance.objectNode(), Map.of(), Instant.EPOCH, 3, Duration.ofSeconds(delay),
                Instant.EPOCH, Map.of());

        assertThat(task.delayAfter(failures)).isEqualTo(Duration.ofSeconds(expected));
    }
}
