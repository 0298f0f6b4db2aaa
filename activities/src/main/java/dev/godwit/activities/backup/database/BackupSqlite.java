package dev.godwit.activities.backup.database;

import dev.godwit.activities.backup.BackupName;
import com.google.auto.service.AutoService;
import dev.godwit.activities.backup.database.DatabaseBackup.Complete;
import dev.godwit.activities.resource.ReadableSqlite;
import dev.godwit.activities.resource.SqliteCopy;
import dev.godwit.activities.resource.SqliteKind;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Backs up an SQLite database as of one moment and while others write:
 * {@code <to>/<plan>-<UTC time>-<run>-<step>/parts/database.sqlite} gets it, whole in one file, {@code inventory.json} says
 * its size, its SHA-256 and how many rows each table has, and {@code complete.json} is written last, so that half a backup is
 * never taken for one. It counts only after SQLite's own check of every page and index ({@code PRAGMA integrity_check}).
 *
 * <pre>{@code
 * - name: detections
 *   uses: backup.sqlite
 *   with: {from: database, to: backups, verify: restore, keep: 7}
 * }</pre>
 *
 * <p>Nobody is held up, and nothing changes beside the database. With {@code verify: restore} it is also copied back into
 * a scratch file, and that is checked and compared. Undo keeps the backup.
 *
 * <p>For a bucket it is first made in the worker's state directory, which must have room for it, then brought there and read
 * back.
 *
 * <p>Errors: {@code database-missing}, {@code not-a-database}, {@code database-busy} (it is written without a pause),
 * {@code disk-full}, {@code backup-damaged} (also if the database itself fails the check),
 * {@code bucket-missing}, {@code bucket-denied}, {@code bucket-failed}. After an error nothing of the
 * backup is left.
 */
@Uses(value = "backup.sqlite", kind = StepKind.BACKUP)
@AutoService(StepType.class)
public final class BackupSqlite implements ReadOnlyStepType<BackupSqlite.Spec, BackupSqlite.Output> {
    /**
     * @param from the database
     * @param to the directory or bucket in which backups are kept
     * @param verify {@code inventory}, or {@code restore} to try a restore into a scratch file too
     * @param keep how many backups of this step to keep, this one included; by default all
     */
    public record Spec(@Of("sqlite") Location from, @Of( {
            "directory", "s3"}) Location to, @Default("inventory") Verify verify,
            Optional<Integer> keep){
        public Spec {
            if (keep.filter(number -> number < 1).isPresent()) {
                throw new IllegalArgumentException("keep must be 1 or more");
            }
        }
    }

    /**
     * @param name the backup's name in {@code to}
     * @param bytes its size; in a preview that of the database's files
     * @param tables how many tables; not in a preview
     * @param rows how many rows; not in a preview
     * @param verified how it was verified
     * @param restoreSeconds how long restoring it took; only with {@code verify: restore}
     * @param seconds how long all took
     */
    public record Output(String name, long bytes, Optional<Long> tables, Optional<Long> rows, Verify verified,
            Optional<Double> restoreSeconds, long seconds) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = context.madeBy(spec.from());
        if (maker.isPresent()) {
            return Preview.<Output>knownAfter(maker.get()).making(spec.to());
        }
        Path database = requireDatabase(context.reading(SqliteKind.class, spec.from()));
        long bytes = 0;
        for (Path file : SqliteCopy.files(database)) {
            bytes += Files.size(file);
        }
        String name = BackupName.of(context);
        return Preview
                .of(new Output(name, bytes, Optional.empty(), Optional.empty(), spec.verify(), Optional.empty(), 0))
                .change("back up %s (%d bytes) to %s".formatted(spec.from(), bytes, spec.to().resolve(name)))
                .making(spec.to());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        long began = System.nanoTime();
        ReadableSqlite from = context.reading(SqliteKind.class, spec.from());
        SqliteDump dump = new SqliteDump(context, requireDatabase(from), spec.from() + " (" + from.file() + ")");
        Complete complete = new BackupRun(context, spec.to()).make(dump, spec.verify(), spec.keep());
        return new Output(complete.name(), complete.bytes(), Optional.of(complete.tables()), complete.rows(),
                complete.verified(), complete.restoreSeconds(),
                Duration.ofNanos(System.nanoTime() - began).toSeconds());
    }

    private static Path requireDatabase(ReadableSqlite from) throws IOException {
        if (!from.exists()) {
            throw StepFailure.user("database-missing", "backup.sqlite: " + from.location() + ": the database "
                    + from.file() + " does not exist; correct the path, or make it first");
        }
        if (!SqliteCopy.isDatabase(from.file())) {
            throw StepFailure.user("not-a-database", "backup.sqlite: " + from.location() + ": " + from.file()
                    + " is not an SQLite database (or it is encrypted); correct the path");
        }
        return from.file();
    }
}
