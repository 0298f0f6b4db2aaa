package dev.godwit.activities.check;

import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.activities.resource.ShortCommand;
import dev.godwit.activities.resource.ShortCommand.Said;
import dev.godwit.plan.Location;
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
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Checks that the disk of a directory has room: bytes, and entries for files (inodes), as a number or in percent of all.
 *
 * <pre>{@code
 * - name: room_for_backups
 *   uses: check.disk
 *   with: {in: backups, free: 10GiB, free-percent: 15, free-inodes: 50000}
 * }</pre>
 *
 * <p>What counts as free is what the worker's user may take. A directory that does not exist yet has the disk of the nearest
 * one above it. Some file systems have no fixed number of inodes; there is always room for them then.
 *
 * <p>Fails with {@code disk-short}, which is worth a retry and names all that is short; so does a dry-run.
 */
@Uses(value = "check.disk", kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class CheckDisk implements ReadOnlyStepType<CheckDisk.Spec, CheckDisk.Output> {
    private static final Duration LONGEST = Duration.ofSeconds(30);

    /**
     * @param in a directory on the disk
     * @param free how much must be free at least, such as {@code 10GiB}
     * @param freePercent how much of the whole must be free at least
     * @param freeInodes how many inodes must be free at least
     * @param freeInodesPercent how many of all inodes must be free at least
     */
    public record Spec(@Of("directory") Location in, Optional<ByteSize> free, Optional<Double> freePercent,
            Optional<Long> freeInodes, Optional<Double> freeInodesPercent) {
        public Spec {
            requirePercent("free-percent", freePercent);
            requirePercent("free-inodes-percent", freeInodesPercent);
        }

        private static void requirePercent(String field, Optional<Double> percent) {
            if (percent.filter(of -> of < 0 || of > 100).isPresent()) {
                throw new IllegalArgumentException(field + " must be 0 to 100, and is " + percent.get());
            }
        }
    }

    /**
     * @param freeBytes how much is free
     * @param totalBytes how large the disk is
     * @param freePercent how much of the whole is free
     * @param freeInodes how many inodes are free; absent where their number is not fixed
     * @param totalInodes how many inodes there are; absent where their number is not fixed
     * @param freeInodesPercent how many of all are free; absent where their number is not fixed
     */
    public record Output(long freeBytes, long totalBytes, double freePercent, Optional<Long> freeInodes,
            Optional<Long> totalInodes, Optional<Double> freeInodesPercent) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        return Preview.of(passed(spec, look(spec, context)));
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        return passed(spec, look(spec, context));
    }

    private static Output passed(Spec spec, Output seen) {
        List<String> shortages = shortages(spec, seen);
        if (!shortages.isEmpty()) {
            throw StepFailure.external("disk-short", "check.disk: the disk of " + spec.in() + " is short of room: "
                    + String.join("; ", shortages) + "; free some, or take another disk");
        }
        return seen;
    }

    private static List<String> shortages(Spec spec, Output seen) {
        List<String> shortages = new ArrayList<>();
        spec.free()
                .filter(wanted -> seen.freeBytes() < wanted.bytes())
                .ifPresent(wanted -> shortages
                        .add(ByteSize.format(seen.freeBytes()) + " are free, and " + wanted + " are wanted"));
        shortage("of it", spec.freePercent(), Optional.of(seen.freePercent())).ifPresent(shortages::add);
        spec.freeInodes()
                .filter(wanted -> seen.freeInodes().filter(free -> free < wanted).isPresent())
                .ifPresent(wanted -> shortages
                        .add(seen.freeInodes().get() + " inodes are free, and " + wanted + " are wanted"));
        shortage("of its inodes", spec.freeInodesPercent(), seen.freeInodesPercent()).ifPresent(shortages::add);
        return shortages;
    }

    private static Optional<String> shortage(String what, Optional<Double> wanted, Optional<Double> free) {
        return wanted.filter(percent -> free.filter(is -> is < percent).isPresent())
                .map(percent -> String.format(Locale.ROOT, "%.1f %% %s are free, and %s %% are wanted", free.get(),
                        what,
                        percent));
    }

    private static Output look(Spec spec, PreviewContext context) throws Exception {
        Path path = existing(context.reading(DirectoryKind.class, spec.in()).path());
        context.checkpoint();
        FileStore disk = Files.getFileStore(path);
        long free = disk.getUsableSpace();
        long total = disk.getTotalSpace();
        Optional<long[]> inodes = inodes(path, context).filter(found -> found[1] > 0);
        return new Output(free, total, percent(free, total), inodes.map(found -> found[0]),
                inodes.map(found -> found[1]), inodes.map(found -> percent(found[0], found[1])));
    }

    private static Path existing(Path path) {
        Path at = path;
        while (!Files.exists(at) && at.getParent() != null) {
            at = at.getParent();
        }
        return at;
    }

    private static double percent(long part, long whole) {
        return whole == 0 ? 0 : Math.round(part * 10_000.0 / whole) / 100.0;
    }

    /** How many are free, and how many there are; Java does not know, {@code stat} does. */
    private static Optional<long[]> inodes(Path path, PreviewContext context) throws IOException {
        Said said = ShortCommand.run(List.of("stat", "-f", "--format=%d %c", path.toString()), Map.of(),
                context.scratch(), LONGEST, context::checkpoint);
        String[] words = said.text().strip().split(" ");
        return said.code() == 0 && words.length == 2
                ? Optional.of(new long[]{Long.parseLong(words[0]), Long.parseLong(words[1])})
                : Optional.empty();
    }
}
