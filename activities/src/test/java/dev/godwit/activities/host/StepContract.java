package dev.godwit.activities.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.run.StepResult;
import dev.godwit.step.StepStopped;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What every step type keeps: a preview changes nothing; run twice equals once; killed half-way and retried equals once;
 * undo before, half-way, after, twice and killed half-way equals never having run.
 *
 * <p>The test of a step type {@code FilesCopy} is called {@code FilesCopyTest}; it extends this class or has nested classes
 * that do, one for each world worth trying.
 */
public abstract class StepContract {
    private static final int MOST = 10;

    @TempDir
    private Path temporary;

    /**
     * Builds a world in which the step has something to do, the same each time it is asked.
     *
     * @param directory a new and empty directory
     */
    protected abstract StepWorld world(Path directory) throws Exception;

    /** Fields of the output that may differ from one attempt to the next. */
    protected Set<String> changingOutputs() {
        return Set.of("seconds", "millis");
    }

    /** Whether the step runs in the background, and so returns its output when it is stopped. */
    protected boolean background() {
        return false;
    }

    /**
     * At how many points a world is interrupted in the long form; where a step passes more, these are spread evenly. Otherwise
     * it is a third of them and at most {@value #MOST}, and which ones moves on every day.
     */
    protected int interruptions() {
        return 40;
    }

    @BeforeEach
    void start_without_a_world() throws Exception {
        forgetWorld();
    }

    @Test
    void preview_changes_nothing() throws Exception {
        try (StepWorld world = newWorld()) {
            List<String> before = world.snapshot();

            world.preview();

            assertThat(world.snapshot()).isEqualTo(before);
            assertThat(world.state().journal(world.task().identity())).doesNotExist();
        }
    }

    @Test
    void preview_after_the_run_changes_nothing() throws Exception {
        try (StepWorld world = newWorld()) {
            world.run();
            List<String> after = world.snapshot();

            world.preview();

            assertThat(world.snapshot()).isEqualTo(after);
        }
    }

    /** Else a dry-run would take what the next steps work on for missing. */
    @Test
    void what_it_makes_is_known_also_where_an_earlier_step_makes_what_it_works_on() throws Exception {
        try (StepWorld world = newWorld()) {
            List<String> makes = world.preview().makes();
            for (String location : world.locations()) {
                if (makes.contains(location)) {
                    continue;
                }
                assertThat(world.madeBy(location, "earlier").preview().makes()).as("where a step makes " + location)
                        .containsAll(makes);
            }
        }
    }

    @Test
    void run_twice_equals_once() throws Exception {
        try (StepWorld world = newWorld()) {
            JsonNode output = output(world.run());
            List<String> once = world.snapshot();

            JsonNode secondOutput = output(world.run());

            assertThat(world.snapshot()).isEqualTo(once);
            assertThat(secondOutput).isEqualTo(output);
            assertNothingPrivateLeft(world);
        }
    }

    @Test
    void killed_half_way_then_retried_equals_once() throws Exception {
        List<String> once;
        JsonNode output;
        int points;
        try (StepWorld world = newWorld()) {
            Interruption counter = Interruption.never();
            output = output(world.run(counter::journal, counter));
            once = world.content();
            points = counter.passed();
        }
        for (int point : spread(points)) {
            try (StepWorld world = newWorld()) {
                interruptRun(world, point);

                JsonNode retriedOutput = output(world.run());

                assertThat(world.content()).as("after an interruption at point %d of %d", point, points)
                        .isEqualTo(once);
                assertThat(retriedOutput).as("after an interruption at point %d of %d", point, points)
                        .isEqualTo(output);
                assertNothingPrivateLeft(world);
            }
        }
    }

    @Test
    void undo_before_the_run_changes_nothing() throws Exception {
        try (StepWorld world = newWorld()) {
            List<String> before = world.snapshot();

            world.undo();

            assertThat(world.snapshot()).isEqualTo(before);
        }
    }

    @Test
    void undo_after_the_run_once_and_twice_equals_never_having_run() throws Exception {
        try (StepWorld world = newWorld()) {
            List<String> before = world.snapshot();
            world.run();
            List<String> expected = world.undoable() ? before : world.snapshot();

            world.undo();
            assertThat(world.snapshot()).isEqualTo(expected);

            assertThat(world.undo().setAside()).isEmpty();
            assertThat(world.snapshot()).isEqualTo(expected);
            assertNothingPrivateLeft(world);
        }
    }

    @Test
    void undo_half_way_equals_never_having_run() throws Exception {
        int points = pointsOfRun();
        for (int point : spread(points)) {
            try (StepWorld world = newWorld()) {
                List<String> before = world.snapshot();
                interruptRun(world, point);
                List<String> expected = world.undoable() ? before : world.snapshot();

                world.undo();

                assertThat(world.snapshot()).as("after an interruption at point %d of %d", point, points)
                        .isEqualTo(expected);
                assertNothingPrivateLeft(world);
            }
        }
    }

    @Test
    void undo_killed_half_way_then_retried_equals_never_having_run() throws Exception {
        int points;
        try (StepWorld world = newWorld()) {
            world.run();
            Interruption counter = Interruption.never();
            world.undo(counter::journal, counter);
            points = counter.passed();
        }
        for (int point : spread(points)) {
            try (StepWorld world = newWorld()) {
                List<String> before = world.snapshot();
                world.run();
                List<String> expected = world.undoable() ? before : world.snapshot();
                Interruption interruption = new Interruption(point);
                interrupted(interruption, () -> world.undo(interruption::journal, interruption));

                world.undo();

                assertThat(world.snapshot()).as("after an interruption at point %d of %d", point, points)
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void a_new_round_after_an_undo_equals_the_first() throws Exception {
        try (StepWorld world = newWorld()) {
            world.run();
            List<String> first = world.content();
            world.undo();

            world.round(2).run();

            if (world.undoable()) {
                assertThat(world.content()).isEqualTo(first);
            }
        }
    }

    private int pointsOfRun() throws Exception {
        try (StepWorld world = newWorld()) {
            Interruption counter = Interruption.never();
            world.run(counter::journal, counter);
            return counter.passed();
        }
    }

    private void interruptRun(StepWorld world, int point) {
        Interruption interruption = new Interruption(point);
        interrupted(interruption, () -> world.run(interruption::journal, interruption));
    }

    /** An attempt that waits for something may pass fewer points than another, and end before it is interrupted. */
    private void interrupted(Interruption interruption, Runnable attempt) {
        try {
            attempt.run();
        } catch (StepStopped | Interruption.Death expected) {
            return;
        }
        if (interruption.happened() && !background()) {
            throw new AssertionError("the attempt swallowed its interruption");
        }
    }

    private List<Integer> spread(int points) {
        int tried = Math.min(points, Rotation.LONG ? interruptions() : Math.clamp(interruptions() / 3, 2, MOST));
        int shift = tried == 0 ? 0 : Rotation.NUMBER % (points / tried);
        return IntStream.range(0, tried).map(i -> 1 + (int) ((long) i * points / tried) + shift).boxed().toList();
    }

    private JsonNode output(StepResult result) {
        if (result.output() instanceof ObjectNode object) {
            return object.deepCopy().remove(changingOutputs());
        }
        return result.output();
    }

    private static void assertNothingPrivateLeft(StepWorld world) {
        assertThat(world.state().root().resolve("scratch")).as("scratch").isEmptyDirectory();
    }

    /** Always at the same place, so that absolute paths in two worlds are equal. */
    private StepWorld newWorld() throws Exception {
        forgetWorld();
        return world(Files.createDirectory(temporary.resolve("world")));
    }

    private void forgetWorld() throws Exception {
        DurableFiles.deleteTree(temporary.resolve("world"));
        DurableFiles.deleteTree(temporary.resolve("world.state"));
    }
}
