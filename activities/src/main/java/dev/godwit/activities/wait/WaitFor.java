package dev.godwit.activities.wait;

import com.google.auto.service.AutoService;
import dev.godwit.json.Durations;
import dev.godwit.report.Words;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.StepWaiting;
import dev.godwit.step.Uses;
import java.time.Duration;
import java.time.Instant;

/**
 * Lets some time pass: for caches to expire, say, or for whoever is working to finish. The run waits in a timer of
 * Temporal, so it costs nothing, survives every crash, and goes by Temporal's clock.
 *
 * <pre>{@code
 * - name: names_expire
 *   uses: wait.for
 *   with: {time: 48h}
 * }</pre>
 *
 * <p>Where something can be asked instead of waited for, ask it: {@code wait.quiet}, or {@code check.http} with a
 * {@code retry}. Fails with nothing. A dry-run does not wait.
 */
@Uses(value = "wait.for", kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class WaitFor implements ReadOnlyStepType<WaitFor.Spec, WaitFor.Output> {
    /** @param time how long */
    public record Spec(Duration time) {
        public Spec {
            if (!time.isPositive()) {
                throw new IllegalArgumentException("time must be longer than nothing");
            }
        }
    }

    /** @param seconds how long it was */
    public record Output(double seconds) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) {
        return Preview.of(new Output(seconds(spec.time())))
                .change("would wait for " + Durations.format(spec.time()));
    }

    @Override
    public Output run(Spec spec, RunContext context) {
        Instant begun = FirstAsked.of(context);
        Duration left = Duration.between(context.asked(), begun.plus(spec.time()));
        if (left.isPositive()) {
            throw new StepWaiting(left, "until " + Words.of(begun.plus(spec.time())));
        }
        return new Output(seconds(Duration.between(begun, context.asked())));
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1e3;
    }
}
