package dev.godwit.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.run.Mode;
import dev.godwit.run.RunState;
import dev.godwit.run.RunStatus;
import dev.godwit.run.RunStatus.Waiting;
import dev.godwit.run.RunStatus.Waiting.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class WaitsTest {
    private static final Instant NOW = Instant.parse("2026-11-20T03:00:00Z");

    @Test
    void what_is_waited_for_comes_first_and_then_what_else_can_be_said() {
        assertThat(
                Waits.next(status(List.of("pause", "rollback", "approve", "reject"), wait(Kind.APPROVAL, "cutover"))))
                .containsExactly("godwit approve p/t", "godwit reject p/t", "godwit pause p/t", "godwit rollback p/t");
        assertThat(Waits.next(status(List.of("rollback", "resume")))).containsExactly("godwit resume p/t",
                "godwit rollback p/t");
        assertThat(Waits.next(status(List.of("retry", "skip"), wait(Kind.UNDO, "copy"))))
                .containsExactly("godwit retry p/t", "godwit skip p/t");
        assertThat(Waits.next(status(List.of("pause"), wait(Kind.TIME, "soak")))).containsExactly("godwit pause p/t");
    }

    @Test
    void a_name_is_said_where_it_is_needed() {
        assertThat(Waits.next(status(List.of("retry", "rollback"), wait(Kind.STEP, "rows"), wait(Kind.STEP, "files"))))
                .containsExactly("godwit retry p/t", "godwit skip p/t --step rows", "godwit rollback p/t",
                        "godwit skip p/t --step files");
        assertThat(Waits.next(status(List.of("reject"), wait(Kind.APPROVAL, "cutover"))))
                .containsExactly("godwit approve p/t --gate cutover", "godwit reject p/t");
    }

    @Test
    void a_failure_that_names_its_step_is_not_said_twice() {
        Waiting wait = new Waiting(Kind.STEP, "rows", "rows: expected 3", NOW, Optional.empty());
        assertThat(Waits.what(wait)).isEqualTo("rows failed, what now? expected 3");
    }

    @Test
    void how_long_it_waits_and_how_long_it_may_is_said() {
        Waiting wait = wait(Kind.APPROVAL, "cutover");
        assertThat(Waits.time(wait, NOW.plusSeconds(125))).isEqualTo("for 2m5s");
        Waiting limited = new Waiting(wait.kind(), wait.on(), wait.why(), wait.since(),
                Optional.of(NOW.plus(Duration.ofHours(24))));
        assertThat(Waits.time(limited, NOW.plusSeconds(3600))).isEqualTo("for 1h, 23h left");
        assertThat(Waits.time(limited, NOW.plus(Duration.ofHours(25)))).endsWith("its time is over");
    }

    private static Waiting wait(Kind kind, String on) {
        return new Waiting(kind, on, "because", NOW, Optional.empty());
    }

    private static RunStatus status(List<String> next, Waiting... waiting) {
        return new RunStatus("p/t", "r", "p", "t", Mode.RUN, RunState.RUNNING, "", List.of(),
                Stream.of(waiting).toList(), 0, 1, NOW, NOW, Optional.empty(), next);
    }
}
