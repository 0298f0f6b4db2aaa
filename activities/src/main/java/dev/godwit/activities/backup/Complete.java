package dev.godwit.activities.backup;

import dev.godwit.activities.backup.BackupFiles.Form;
import dev.godwit.plan.Location;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a backup says of itself in {@code complete}, which is written last.
 *
 * @param name of the backup
 * @param made when the run that made it started
 * @param plan of that run; absent, like all that follows {@code inventorySha256}, in backups of older versions
 * @param files how many, links included
 * @param bytes their size
 * @param kinds how many of each kind
 * @param verified how it was verified
 * @param inventorySha256 of the inventory
 * @param archiveBytes how long the archive is, if it is one
 * @param needs earlier backups that hold some of its content
 * @param changed how many files changed while they were read
 * @param changedFiles the first of them
 * @param restoreSeconds how long a restore on trial took
 */
record Complete(String name, Instant made, long files, long bytes, Map<String, Long> kinds, String verified,
        String inventorySha256, Optional<String> plan, Optional<String> target, Optional<String> step,
        Optional<Location> from, Optional<Form> form, Optional<Long> archiveBytes, Optional<List<String>> needs,
        Optional<Long> changed,
        Optional<List<String>> changedFiles, Optional<Double> restoreSeconds) {

    boolean isArchive() {
        return form.orElse(Form.TREE) == Form.ARCHIVE;
    }

    List<String> neededBackups() {
        return needs.orElse(List.of());
    }

    boolean isBy(MadeBy wanted) {
        return wanted.includes(plan, target, step);
    }

    /** Whether it is of the same thing as an older one and by the same step, so that it may take that one's place. */
    boolean succeeds(Complete older) {
        return sameSourceAs(older) && step.equals(older.step);
    }

    /** Whether the two are backups of one directory, or of parts of it. */
    boolean sameSourceAs(Complete other) {
        return plan.isPresent() && plan.equals(other.plan) && target.equals(other.target) && from.equals(other.from);
    }
}
