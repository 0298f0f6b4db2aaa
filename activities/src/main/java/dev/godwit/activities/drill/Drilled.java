package dev.godwit.activities.drill;

import dev.godwit.activities.drill.Drill.Begun;
import dev.godwit.activities.drill.DrillRestart.By;
import dev.godwit.activities.drill.DrillRestart.Spec;
import dev.godwit.activities.resource.ProcessIdentity;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.util.List;
import java.util.Set;

/** What a drill ends and starts. Whatever takes long calls {@code whileWaiting}; what that throws ends the wait. */
sealed interface Drilled permits DrilledContainer, DrilledServices, DrilledProcess {
    /** What a spec names. */
    static Drilled open(Spec spec, RunContext context) throws Exception {
        String kind = context.kindOf(spec.what());
        if (kind.equals("compose") == spec.services().isEmpty()) {
            throw StepFailure.user("drill-unfit", "drill.restart: " + spec.what() + " is of kind " + kind + "; "
                    + (spec.services().isEmpty() ? "say which services" : "services are for a compose project"));
        }
        if (kind.equals("process") && spec.by() == By.CRASH) {
            throw StepFailure.user("drill-unfit",
                    "drill.restart: nothing starts the process " + spec.what() + " again; say 'by: kill'");
        }
        return switch (kind) {
            case "compose" -> new DrilledServices(spec, context);
            case "docker" -> new DrilledContainer(spec, context);
            default -> new DrilledProcess(spec, context);
        };
    }

    /** Whether there is anything that could be started. */
    boolean present(Runnable whileWaiting) throws Exception;

    /** Whether it runs, and is healthy where it says so of itself. */
    boolean runs(Runnable whileWaiting) throws Exception;

    /** When each part of it was started, in words that differ each time. */
    Set<String> starts(Runnable whileWaiting) throws Exception;

    /** The running process and its children, if it is one. */
    default List<ProcessIdentity> family() throws Exception {
        return List.of();
    }

    /** Asks it to end, and waits until it has. */
    void stop(Begun begun, Runnable whileWaiting) throws Exception;

    /** Ends it at once. */
    void kill(Begun begun, Runnable whileWaiting) throws Exception;

    /** Kills its processes so that its engine takes that for their own doing. */
    void crash(Runnable whileWaiting) throws Exception;

    /** Starts it, unless it runs. */
    void start(Begun begun, Runnable whileWaiting) throws Exception;

    /** Starts what an interrupted drill may have ended, or may be about to end. */
    void startAfter(Begun interrupted, Runnable whileWaiting) throws Exception;
}
