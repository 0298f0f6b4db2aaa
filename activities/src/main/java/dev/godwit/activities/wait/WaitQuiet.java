package dev.godwit.activities.wait;

import com.google.auto.service.AutoService;
import dev.godwit.activities.files.LiveTreeVisitor;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.json.Durations;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;

/**
 * Waits until nobody changes a directory: the number of its files, their sizes and modification times have stayed the same
 * for a while. Whoever writes there must have been stopped before; a pause between two writes can look like quiet.
 *
 * <pre>{@code
 * - name: v1_quiet
 *   uses: wait.quiet
 *   with: {directory: 'v1_home:data/license_plates', quiet: 1s, within: 30s}
 * }</pre>
 *
 * <p>Fails with {@code not-quiet}, which is worth a retry, if that does not come true in time. A dry-run does not wait.
 */
@Uses(value = "wait.quiet", kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class WaitQuiet implements ReadOnlyStepType<WaitQuiet.Spec, WaitQuiet.Output> {
    /**
     * @param directory with all that is in it
     * @param quiet how long nothing must change
     * @param within how long that may take to come true
     */
    public record Spec(@Of("directory") Location directory, @Default("2s") Duration quiet,
            @Default("1m") Duration within) {}

    /**
     * @param files how many files the quiet directory holds
     * @param seconds how long it took, the quiet time included
     */
    public record Output(long files, double seconds) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) {
        Preview<Output> preview = context.madeBy(spec.directory())
                .map(Preview::<Output>knownAfter)
                .orElseGet(Preview::withoutOutput);
        return preview.change("would wait until " + spec.directory() + " has not changed for "
                + Durations.format(spec.quiet()));
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Path directory = context.reading(DirectoryKind.class, spec.directory()).directory();
        long begun = System.nanoTime();
        long quietSince = begun;
        State state = State.of(directory, context);
        while (System.nanoTime() - quietSince < spec.quiet().toNanos()) {
            if (System.nanoTime() - begun > spec.within().toNanos()) {
                throw StepFailure.external("not-quiet", "wait.quiet: " + spec.directory() + " still changes after "
                        + Durations.format(spec.within()) + " (last change " + state.newest
                        + "); stop whoever writes there, or wait longer");
            }
            Thread.sleep(Math.clamp(spec.quiet().toMillis() / 10, 10, 500));
            State now = State.of(directory, context);
            if (!now.equals(state)) {
                state = now;
                quietSince = System.nanoTime();
            }
        }
        return new Output(state.files, (System.nanoTime() - begun) / 1_000_000 / 1e3);
    }

    private record State(long files, long bytes, FileTime newest) {
        static State of(Path directory, RunContext context) throws IOException {
            Look look = new Look(context);
            Files.walkFileTree(directory, look);
            return new State(look.files, look.bytes, look.newest);
        }
    }

    private static final class Look extends LiveTreeVisitor {
        private final RunContext context;
        private long files;
        private long bytes;
        private FileTime newest = FileTime.fromMillis(0);

        Look(RunContext context) {
            this.context = context;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            context.checkpoint();
            see(attributes);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            see(attributes);
            files++;
            bytes += attributes.size();
            return FileVisitResult.CONTINUE;
        }

        private void see(BasicFileAttributes attributes) {
            if (attributes.lastModifiedTime().compareTo(newest) > 0) {
                newest = attributes.lastModifiedTime();
            }
        }
    }
}
