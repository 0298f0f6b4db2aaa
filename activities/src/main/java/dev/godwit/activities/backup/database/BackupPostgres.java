package dev.godwit.activities.backup.database;

import dev.godwit.activities.backup.BackupName;
import com.google.auto.service.AutoService;
import dev.godwit.activities.backup.database.DatabaseBackup.Complete;
import dev.godwit.activities.resource.PostgresKind;
import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.activities.resource.WritablePostgres;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;

/**
 * Backs up a PostgreSQL database with {@code pg_dump}, as of one moment and while others write:
 * {@code <to>/<plan>-<UTC time>-<run>-<step>/parts/} gets the dump, {@code inventory.json} lists every file of it with size
 * and SHA-256, and {@code complete.json} is written last, so that half a backup is never taken for one.
 *
 * <pre>{@code
 * - name: database
 *   uses: backup.postgres
 *   with: {from: parking, to: backups, verify: restore, keep: 7}
 * }</pre>
 *
 * <p>With {@code verify: restore} it counts only after it was restored into a scratch database, where every table had as
 * many rows, and the same ones, as in the snapshot that was dumped; that needs a role that may create databases, and as much
 * room as the database has. The scratch database is dropped; its name begins with {@code godwit_scratch_}.
 *
 * <p>For a bucket the dump is first made in the worker's state directory, which must have room for it, then brought there, an
 * object for each part, and read back; with {@code verify: restore} what is restored is what was read back.
 *
 * <p>{@code pg_dump} and {@code pg_restore} must be on the worker, as new as the server; where there are several, those of its
 * own version are taken. The password reaches them by their environment only. Roles, and other databases of the server, are
 * not part of the backup, nor is the schema {@code godwit}, in which steps keep their journal. Undo keeps the backup.
 *
 * <p>Errors: {@code tool-missing} and {@code tool-too-old} (naming the package), {@code database-unreachable},
 * {@code permission-denied}, {@code disk-full}, {@code connection-lost}, {@code backup-damaged}, {@code bucket-missing},
 * {@code bucket-denied}, {@code bucket-failed}. After an error nothing of
 * the backup is left.
 */
@Uses(value = "backup.postgres", kind = StepKind.BACKUP)
@AutoService(StepType.class)
public final class BackupPostgres implements ReadOnlyStepType<BackupPostgres.Spec, BackupPostgres.Output> {
    private static final int MOST_JOBS = 16;
    private static final int MOST_COMPRESSED = 9;

    /** The form of a dump. */
    public enum Format {
        /** A file for each table, written and restored in parallel. */
        DIRECTORY,
        /** One file, written by one session and restored in parallel. */
        CUSTOM
    }

    /**
     * @param from the database
     * @param to the directory or bucket in which backups are kept
     * @param format {@code directory}, or {@code custom} for one file
     * @param jobs how many sessions dump and restore
     * @param compress from 0, not at all, to 9
     * @param verify {@code inventory}, or {@code restore} to try a restore into a scratch database too
     * @param scratch a database of the server on which the restore is tried; by default the server that is backed up
     * @param keep how many backups of this step to keep, this one included; by default all
     */
    public record Spec(@Of("postgres") Location from, @Of( {
            "directory", "s3"}) Location to,
            @Default("directory") Format format, @Default("2") int jobs, @Default("1") int compress,
            @Default("inventory") Verify verify, @Of("postgres") Optional<Location> scratch, Optional<Integer> keep){
        public Spec {
            if (jobs < 1 || jobs > MOST_JOBS) {
                throw new IllegalArgumentException("jobs must be from 1 to " + MOST_JOBS);
            }
            if (compress < 0 || compress > MOST_COMPRESSED) {
                throw new IllegalArgumentException("compress must be from 0 to " + MOST_COMPRESSED);
            }
            if (keep.filter(number -> number < 1).isPresent()) {
                throw new IllegalArgumentException("keep must be 1 or more");
            }
        }
    }

    /**
     * @param name the backup's name in {@code to}
     * @param bytes its size; in a preview that of the database
     * @param tables how many tables
     * @param rows how many rows; only with {@code verify: restore}
     * @param verified how it was verified
     * @param restoreSeconds how long restoring it took; only with {@code verify: restore}
     * @param seconds how long all took
     */
    public record Output(String name, long bytes, long tables, Optional<Long> rows, Verify verified,
            Optional<Double> restoreSeconds, long seconds) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = context.madeBy(spec.from());
        if (maker.isPresent()) {
            return Preview.<Output>knownAfter(maker.get()).making(spec.to());
        }
        ReadablePostgres from = context.reading(PostgresKind.class, spec.from());
        String name = BackupName.of(context);
        try (Connection connection = from.open(); Statement statement = connection.createStatement()) {
            String tool = PostgresDump.tool("pg_dump", connection).toString();
            long tables = PostgresContents.tables(connection).size();
            try (ResultSet size = statement.executeQuery("SELECT pg_database_size(current_database())")) {
                size.next();
                return Preview
                        .of(new Output(name, size.getLong(1), tables, Optional.empty(), spec.verify(),
                                Optional.empty(), 0))
                        .change("back up %d tables (%d bytes) of %s to %s with %s".formatted(tables, size.getLong(1),
                                spec.from(), spec.to().resolve(name), tool))
                        .making(spec.to());
            }
        }
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        long began = System.nanoTime();
        ReadablePostgres from = context.reading(PostgresKind.class, spec.from());
        WritablePostgres scratch = context.writing(PostgresKind.class, spec.scratch().orElse(spec.from()));
        Complete complete = new BackupRun(context, spec.to()).make(new PostgresDump(spec, context, from, scratch),
                spec.verify(),
                spec.keep());
        return new Output(complete.name(), complete.bytes(), complete.tables(), complete.rows(), complete.verified(),
                complete.restoreSeconds(), Duration.ofNanos(System.nanoTime() - began).toSeconds());
    }
}
