package dev.godwit.activities.drill;

import com.google.auto.service.AutoService;
import dev.godwit.json.Jq;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Stops;
import dev.godwit.step.Uses;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A drill: ends something that runs, has it started again, and measures how long that is felt. It may be services of a
 * Compose project, a container or a process. What is good enough, {@code expect} decides.
 *
 * <pre>{@code
 * - name: redis_restarts
 *   uses: drill.restart
 *   with:
 *     what: plates
 *     services: [redis]
 *     by: kill
 *     down-for: 5s
 *     check: {http: v2, path: /health, json: .redis == "up"}
 *     within: 2m
 *   expect: .output.recovery_seconds < 30
 * }</pre>
 *
 * <p>Before it begins, the check must pass. It is then made ten times a second until the end. {@code by: stop} asks to end,
 * {@code by: kill} ends at once; after {@code down-for} the step starts it again. {@code by: crash} kills the processes of a
 * container behind the back of its engine, whose restart policy must start it again; the worker must be on the engine's
 * machine for that, and be allowed to. The drill is over when what was ended runs anew, is healthy where it says so of
 * itself, and the check has passed without a break for as long as {@code steady} says.
 *
 * <p>Whatever happens, it runs in the end: where the step fails or is paused or cancelled, it is started before anything
 * else; where its worker dies, the next attempt or the undo starts it first. A drill that was interrupted says nothing and is
 * repeated. A dry-run does not do it.
 *
 * <p>Undo starts what does not run. Errors: {@code drill-not-well} (the check does not pass before the drill),
 * {@code drill-not-running} (there is nothing to end), {@code drill-not-recovered}, {@code restart-policy-missing},
 * {@code container-processes-hidden}, {@code container-missing}, {@code service-unknown}, {@code compose-failed}, and those
 * of its resource.
 */
@Uses(value = "drill.restart", kind = StepKind.DEPLOYMENT)
@AutoService(StepType.class)
public final class DrillRestart implements StepType<DrillRestart.Spec, DrillRestart.Output> {
    /** How it ends. */
    public enum By {
        /** It is asked to end, and killed after a grace period; the step starts it again. */
        STOP,
        /** It is killed; the step starts it again. */
        KILL,
        /** It dies by itself, as its engine sees it, which starts it again. */
        CRASH
    }

    /**
     * @param what a project, a container or a process
     * @param services which services of the project
     * @param by how it ends
     * @param grace how long it may take to end when asked to, before it is killed
     * @param downFor how long the step waits before it starts it again
     * @param check what tells that all is well
     * @param within how long it may take until all is well again
     */
    public record Spec(@Stops @Of( {
            "compose", "docker", "process"}) Location what, @Default("[]") List<String> services,
            @Default("stop") By by, @Default("10s") Duration grace, @Default("0s") Duration downFor, Check check,
            @Default("2m") Duration within){
        public Spec {
            if (by == By.CRASH && !downFor.isZero()) {
                throw new IllegalArgumentException(
                        "down-for is not for the step to say where something else starts it");
            }
        }
    }

    /**
     * @param http the service to ask
     * @param path of the request
     * @param status the statuses that pass
     * @param json a condition on the JSON content; only true passes
     * @param steady for how long it must pass without a break
     */
    public record Check(@Of("http") Location http, @Default("") String path, @Default("[200]") List<Integer> status,
            Optional<Jq> json, @Default("1s") Duration steady) {}

    /**
     * @param downSeconds from when it was told to end until it ran again
     * @param recoverySeconds from when it was started, or had crashed, until the check passed to stay so
     * @param outageSeconds for how long the check did not pass, from the first time that it did not to the last
     * @param checks how often the check was made
     * @param failedChecks how often it did not pass
     */
    public record Output(double downSeconds, double recoverySeconds, double outageSeconds, long checks,
            long failedChecks) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        String what = spec.what() + (spec.services().isEmpty() ? "" : " (" + String.join(", ", spec.services()) + ")");
        String then = switch (spec.by()) {
            case STOP -> "would stop " + what + ", and start it again";
            case KILL -> "would kill " + what + ", and start it again";
            case CRASH -> "would let " + what + " crash, which its restart policy starts again";
        };
        Preview<Output> preview = context.madeBy(spec.what())
                .map(Preview::<Output>knownAfter)
                .orElseGet(Preview::withoutOutput);
        return preview.change(then).making(spec.what());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        return new Drill(spec, context).run();
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        new Drill(spec, context).undo();
    }
}
