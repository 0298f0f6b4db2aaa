package dev.godwit.activities.measure;

import com.google.auto.service.AutoService;
import dev.godwit.activities.files.LiveTreeVisitor;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.activities.resource.ObservableProcess;
import dev.godwit.activities.resource.ObservableProcess.Usage;
import dev.godwit.activities.resource.ProcessIdentity;
import dev.godwit.activities.resource.ProcessKind;
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
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Optional;

/**
 * Measures what a program uses: processor and memory of its process and children, and the disk space of a directory. A
 * dry-run measures nothing.
 *
 * <pre>{@code
 * - name: v1_resources
 *   uses: measure.resources
 *   with: {process: v1_process, directory: 'v1_home:data'}
 * }</pre>
 *
 * <p>Fails with {@code process-missing}, which is worth a retry, if the process does not run.
 */
@Uses(value = "measure.resources", kind = StepKind.MEASUREMENT)
@AutoService(StepType.class)
public final class MeasureResources implements ReadOnlyStepType<MeasureResources.Spec, MeasureResources.Output> {
    /**
     * @param process whose processor time and memory are measured
     * @param directory whose files are counted; symbolic links are not followed
     * @param over how long the processor time is watched
     */
    public record Spec(@Of("process") Location process, @Of("directory") Location directory,
            @Default("2s") Duration over) {}

    /**
     * @param cpuPercent of one processor, so that two busy ones are 200
     * @param rssBytes the memory in use
     * @param diskBytes the size of all files
     * @param files how many there are
     */
    public record Output(double cpuPercent, long rssBytes, long diskBytes, long files) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) {
        Optional<String> maker = context.madeBy(spec.process()).or(() -> context.madeBy(spec.directory()));
        Preview<Output> preview = maker.isPresent() ? Preview.knownAfter(maker.get()) : Preview.withoutOutput();
        return preview.change("would measure " + spec.process() + " and " + spec.directory());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        ObservableProcess process = context.reading(ProcessKind.class, spec.process());
        ProcessIdentity found = process.find()
                .orElseThrow(() -> StepFailure.external("process-missing",
                        "measure.resources: " + spec.process() + " does not run; start it first"));
        Usage before = process.usage(found);
        long begun = System.nanoTime();
        while (System.nanoTime() - begun < spec.over().toNanos()) {
            context.checkpoint();
            Thread.sleep(Math.min(100, 1 + spec.over().toMillis()));
        }
        Usage after = process.usage(found);
        double percent = 100.0 * after.cpu().minus(before.cpu()).toNanos() / (System.nanoTime() - begun);
        Disk disk = new Disk(context);
        Path directory = context.reading(DirectoryKind.class, spec.directory()).directory();
        Files.walkFileTree(directory, disk);
        return new Output(Math.round(percent * 10) / 10.0, after.residentBytes(), disk.bytes, disk.files);
    }

    private static final class Disk extends LiveTreeVisitor {
        private final RunContext context;
        private long bytes;
        private long files;

        Disk(RunContext context) {
            this.context = context;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (attributes.isRegularFile()) {
                bytes += attributes.size();
                files++;
                context.progress(files, 0, "files");
                context.checkpoint();
            }
            return FileVisitResult.CONTINUE;
        }
    }
}
