package dev.godwit.activities.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.godwit.activities.throttle.Throttle;
import dev.godwit.run.Progress;
import dev.godwit.run.StepTask;
import dev.godwit.run.Throttling;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepIdentity;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepStopped;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A running step keeps to what on-call asks for, as it is kept in the site's state. */
@Timeout(60)
class ThrottledStepTest {
    @TempDir
    private Path temporary;

    private final List<Progress> beats = new CopyOnWriteArrayList<>();
    private Body body = context -> {};
    private Throttling asked = Throttling.NONE;
    private volatile boolean stop;

    @FunctionalInterface
    interface Body {
        void run(RunContext context) throws Exception;
    }

    record Spec() {}

    record Output() {}

    @Uses(value = "test.step", kind = StepKind.FILES)
    static final class TestStep implements StepType<Spec, Output> {
        private final ThrottledStepTest test;

        TestStep(ThrottledStepTest test) {
            this.test = test;
        }

        @Override
        public Preview<Output> preview(Spec spec, PreviewContext context) {
            return Preview.of(new Output());
        }

        @Override
        public Output run(Spec spec, RunContext context) throws Exception {
            test.body.run(context);
            return new Output();
        }

        @Override
        public void undo(Spec spec, RunContext context) throws Exception {
            test.body.run(context);
        }
    }

    @Test
    void a_running_step_changes_its_pace_and_tells_who_asked_for_it() {
        List<OptionalLong> seen = new ArrayList<>();
        body = context -> {
            Throttle throttle = Throttle.of(context, "rows", Optional.empty());
            assertThat(throttle.portion(1000)).isEqualTo(1000);
            keep(asked.withRun(rate(500, "ada")));
            copyUntil(context, throttle, slowedBy("throttled to 500 rows a second by ada"));
            seen.add(context.throttle());
            assertThat(throttle.portion(1000)).isEqualTo(100);

            keep(asked.withStep("copy", rate(70, "")));
            copyUntil(context, throttle, slowedBy("throttled to 70 rows a second"));
            seen.add(context.throttle());

            keep(asked.withStep("another", rate(1, "")));
            keep(asked.withStep("copy", Optional.empty()));
            copyUntil(context, throttle, slowedBy("throttled to 500 rows a second by ada"));
            seen.add(context.throttle());

            keep(asked.withRun(Optional.empty()));
            copyUntil(context, throttle, slowedBy(""));
            seen.add(context.throttle());
        };
        host().run(task(), attempt());

        assertThat(seen).containsExactly(OptionalLong.of(500), OptionalLong.of(70), OptionalLong.of(500),
                OptionalLong.empty());
    }

    @Test
    void at_a_rate_of_0_a_step_stands_still_and_can_be_stopped_and_later_attempts_stand_too() {
        keep(asked.withRun(rate(0, "ada")));
        List<Integer> attempts = new ArrayList<>();
        body = context -> {
            attempts.add(context.attempt());
            context.progress(7, 10, "rows");
            Throttle.of(context, "rows", Optional.of(1_000_000L)).pass(1);
        };
        Attempt stopsOnceItTold = new Attempt() {
            @Override
            public void heartbeat(Progress progress) {
                stop = progress.slowedBy().equals("throttled to a standstill by ada");
            }

            @Override
            public Optional<String> stopRequested() {
                return stop ? Optional.of("enough") : Optional.empty();
            }
        };
        for (int i = 0; i < 2; i++) {
            stop = false;
            assertThatThrownBy(() -> host().run(task(), stopsOnceItTold)).isInstanceOf(StepStopped.class);
        }
        assertThat(attempts).containsExactly(1, 2);

        keep(asked.withRun(Optional.empty()));
        stop = false;
        host().run(task(), stopsOnceItTold);
        assertThat(attempts).containsExactly(1, 2, 3);
    }

    @Test
    void a_gate_wins_over_any_rate_while_it_says_to_wait_and_is_asked_once_a_second() {
        keep(asked.withRun(rate(1_000_000_000, "ada")));
        AtomicInteger questions = new AtomicInteger();
        body = context -> {
            Throttle throttle = Throttle.of(context, "rows", Optional.empty())
                    .gate(() -> Optional.empty())
                    .gate(() -> questions.incrementAndGet() <= 2
                            ? Optional.of("replication lag of 12 s")
                            : Optional.empty());
            context.progress(7, 10, "rows");
            long began = System.nanoTime();
            throttle.pass(1);
            assertThat(questions).hasValue(3);
            assertThat(System.nanoTime() - began).isGreaterThan(1_900_000_000);
            throttle.pass(1);
            assertThat(questions).hasValue(3);
        };
        host().run(task(), attempt());
        assertThat(beats).extracting(Progress::slowedBy).contains("replication lag of 12 s");
    }

    @Test
    void an_undo_is_not_throttled() {
        keep(asked.withRun(rate(0, "ada")));
        body = context -> {
            assertThat(context.throttle()).isEmpty();
            Throttle.of(context, "rows", Optional.empty()).pass(1);
        };
        host().undo(task(), attempt());
    }

    @Test
    void a_word_that_comes_after_a_later_one_is_ignored_and_the_end_of_a_run_forgets_all() throws Exception {
        Throttling first = Throttling.NONE.withRun(rate(1, ""));
        Throttling second = first.withRun(rate(2, ""));
        state().keepThrottling("run-1", second);
        state().keepThrottling("run-1", first);

        body = context -> assertThat(context.throttle()).hasValue(2);
        host().run(task(), attempt());

        state().forgetJournal("run-1");
        body = context -> assertThat(context.throttle()).isEmpty();
        host().run(task(), attempt());
    }

    /** Copies row after row, at whatever pace, until a heartbeat tells what is waited for. */
    private void copyUntil(RunContext context, Throttle throttle, Predicate<Progress> told) throws Exception {
        beats.clear();
        for (long row = 1; beats.stream().noneMatch(told); row++) {
            throttle.pass(1);
            context.progress(row, 0, "rows");
            context.checkpoint();
        }
    }

    private static Predicate<Progress> slowedBy(String why) {
        return progress -> progress.slowedBy().equals(why);
    }

    private static Optional<Throttling.Rate> rate(long perSecond, String by) {
        return Optional.of(new Throttling.Rate(perSecond, by));
    }

    private void keep(Throttling throttling) {
        asked = throttling;
        try {
            state().keepThrottling("run-1", throttling);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Attempt attempt() {
        return new Attempt() {
            @Override
            public void heartbeat(Progress progress) {
                beats.add(progress);
            }

            @Override
            public Optional<String> stopRequested() {
                return Optional.empty();
            }
        };
    }

    private SiteState state() {
        return new SiteState(temporary.resolve("state"));
    }

    private StepHost host() {
        return new StepHost(DiscoveredCatalog.of(List.of(new TestStep(this)), List.of()), state(),
                name -> Optional.empty(), "worker-1");
    }

    private static StepTask task() {
        return new StepTask(new StepIdentity("run-1", "plan", "target", "phase", "copy", 1), "test.step",
                JsonNodeFactory.instance.objectNode(), Map.of(), Instant.EPOCH, 2, Duration.ofSeconds(1),
                Instant.EPOCH, Map.of());
    }
}
