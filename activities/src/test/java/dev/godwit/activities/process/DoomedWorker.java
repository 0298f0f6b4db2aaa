package dev.godwit.activities.process;

import dev.godwit.activities.host.Attempt;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.run.Progress;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Another JVM that starts a program and dies while it waits for it. */
final class DoomedWorker implements Attempt {
    static final int KILLED = 137;

    private final Programs programs;

    private DoomedWorker(Programs programs) {
        this.programs = programs;
    }

    public static void main(String[] arguments) throws Exception {
        StepWorld world = new StepWorld(Path.of(arguments[0]), "process.start").runId(arguments[3])
                .spec("{process: 'program'}");
        Programs programs = Programs.server(world, "{}", Integer.parseInt(arguments[1]), arguments[2]);
        world.host(UnaryOperator.identity()).run(world.task(), new DoomedWorker(programs));
    }

    @Override
    public void heartbeat(Progress progress) {
        // Nobody watches.
    }

    @Override
    public Optional<String> stopRequested() {
        if (!programs.running().isEmpty()) {
            Runtime.getRuntime().halt(KILLED);
        }
        return Optional.empty();
    }
}
