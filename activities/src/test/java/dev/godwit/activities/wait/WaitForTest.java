package dev.godwit.activities.wait;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.run.StepResult;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WaitForTest extends StepContract {
    @TempDir
    private Path temporary;

    @Override
    protected StepWorld world(Path directory) {
        return new StepWorld(directory, "wait.for").spec("{time: '48h'}");
    }

    @Test
    void it_asks_to_be_called_again_for_what_is_left_of_its_time() {
        try (StepWorld world = world(temporary.resolve("w"))) {
            StepResult.Wait first = world.runUntilItWaits().waits().orElseThrow();
            StepResult.Wait early = world.passes(Duration.ofHours(40)).runUntilItWaits().waits().orElseThrow();
            StepResult done = world.passes(Duration.ofHours(9)).runUntilItWaits();

            assertThat(first.time()).isEqualTo(Duration.ofHours(48));
            assertThat(first.why()).isEqualTo("until 2026-03-03 12:00:01 UTC");
            assertThat(early.time()).isEqualTo(Duration.ofHours(8));
            assertThat(done.waits()).isEmpty();
            assertThat(done.output().get("seconds").asDouble()).isEqualTo(49 * 3600);
            assertThat(done.attempts()).isEqualTo(1);
        }
    }

    @Test
    void no_time_at_all_is_refused() {
        try (StepWorld world = world(temporary.resolve("w")).spec("{time: '0s'}")) {
            assertThatThrownBy(world::run).hasMessageContaining("time must be longer than nothing");
        }
    }
}
