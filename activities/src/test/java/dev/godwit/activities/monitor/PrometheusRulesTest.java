package dev.godwit.activities.monitor;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.resource.ShortCommand;
import dev.godwit.plan.Location;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrometheusRulesTest {
    private static final Location WHOSE = Location.parse("prometheus");

    @TempDir
    private Path temporary;

    @Test
    void a_signal_that_does_not_reach_it_is_told_and_not_waited_for() throws Exception {
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        ShortCommand.Said said = ShortCommand.run(List.of("kill", "-HUP", Long.toString(ended.pid())), Map.of(),
                temporary, Duration.ofSeconds(30), () -> {});

        assertThatThrownBy(() -> PrometheusRules.requireSignalled(WHOSE, ended.pid(), said))
                .hasMessageContaining("prometheus (pid " + ended.pid() + ") cannot be told by SIGHUP")
                .hasMessageContaining("No such process")
                .extracting("code")
                .isEqualTo("prometheus-unreachable");
        assertThatThrownBy(() -> PrometheusRules.requireSignalled(WHOSE, 7,
                new ShortCommand.Said(1, "kill: (7): Operation not permitted\n")))
                .hasMessageContaining("Operation not permitted")
                .hasMessageContaining("run the worker as a user that may signal it")
                .extracting("code")
                .isEqualTo("reload-forbidden");
    }
}
