package dev.godwit.activities.backup.database;

import com.google.auto.service.AutoService;
import dev.godwit.activities.backup.BackupPlace;
import dev.godwit.activities.backup.database.DatabaseBackup.Complete;
import dev.godwit.activities.backup.database.DatabaseBackup.Inventory;
import dev.godwit.activities.resource.PostgresKind;
import dev.godwit.activities.resource.WritablePostgres;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.util.List;
import java.util.Optional;

/**
 * Restores a PostgreSQL database from the newest good backup that {@code backup.postgres} made of a database of this name.
 * All of it is read and compared with its inventory before anything is touched; a damaged one is passed over for the next
 * older one. Then it is restored into a new database, compared with what was backed up if the backup says that, and the two
 * change names in one transaction: the database that is there is moved aside, under another name.
 *
 * <pre>{@code
 * - name: recover
 *   uses: restore.postgres
 *   with: {from: backups, to: parking}
 * }</pre>
 *
 * <p>From a bucket the backup is brought into the worker's state directory first, which must have room for it.
 *
 * <p>The new database gets the owner, the privileges and the settings of the one whose place it takes. That takes a role that
 * may make and rename databases and end the sessions of others, and as much room again as the database has. The sessions with
 * the database are ended when the names change; until then everyone goes on with the old one. What has been written to it
 * since the backup stays with it, moved aside. Undo puts it back and drops what was restored; if that was written since, it
 * is set aside under a name of its own.
 *
 * <p>Errors: {@code no-backup} (there is none of this database, or none is good), {@code backup-damaged} (the one that
 * {@code name} asks for), {@code tool-missing} and {@code tool-too-old} (naming the package), {@code permission-denied},
 * {@code database-busy} (sessions come back as soon as they are ended), {@code tool-failed} (with what {@code pg_restore}
 * said: a role that is missing, for example).
 */
@Uses(value = "restore.postgres", kind = StepKind.DATABASE)
@AutoService(StepType.class)
public final class RestorePostgres implements StepType<RestorePostgres.Spec, RestorePostgres.Output> {
    private static final String CHOICE = "choice";
    private static final int MOST_JOBS = 16;

    /**
     * @param from the directory or bucket in which backups are kept
     * @param to the database; it need not exist
     * @param name the backup; by default the newest good one of a database of this name
     * @param target only backups of this target: places may be shared by several
     * @param jobs how many sessions restore
     */
    public record Spec(@Of( {
            "directory", "s3"}) Location from, @Of("postgres") Location to, Optional<String> name,
            Optional<String> target, @Default("2") int jobs){
        public Spec {
            if (jobs < 1 || jobs > MOST_JOBS) {
                throw new IllegalArgumentException("jobs must be from 1 to " + MOST_JOBS);
            }
        }
    }

    /**
     * @param name the backup
     * @param bytes its size
     * @param tables how many tables
     * @param rows how many rows; not in a preview
     * @param aside the name of the former database; absent if there was none
     * @param damaged newer backups that were passed over
     */
    public record Output(String name, long bytes, long tables, Optional<Long> rows, Optional<String> aside,
            List<String> damaged) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = context.madeBy(spec.from());
        if (maker.isPresent()) {
            return Preview.<Output>knownAfter(maker.get()).making(spec.to());
        }
        String database = context.reading(PostgresKind.class, spec.to()).environment().get("PGDATABASE");
        Choice choice = choose(spec, context, database);
        Complete complete = backup(spec, context, choice).complete().orElseThrow();
        String aside = DatabaseSwap.aside(database, context);
        return Preview
                .of(new Output(choice.name(), complete.bytes(), complete.tables(), complete.rows(), Optional.of(aside),
                        choice.damaged()))
                .change("restore %d tables (%d bytes) of the backup %s, made at %s, to %s".formatted(complete.tables(),
                        complete.bytes(), choice.name(), complete.made(), spec.to()))
                .change("end the sessions with the database " + database + ", and give it the name " + aside)
                .making(spec.to());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        WritablePostgres to = context.writing(PostgresKind.class, spec.to());
        Optional<Choice> earlier = context.journal().read(CHOICE, Choice.class);
        Choice choice = earlier.isPresent()
                ? earlier.get()
                : choose(spec, context, to.environment().get("PGDATABASE"));
        context.journal().write(CHOICE, choice);
        DatabaseBackup backup = backup(spec, context, choice);
        DatabaseSwap.Swapped swapped = new DatabaseSwap(to, context)
                .swapIn(restored -> restore(spec, backup, restored, context));
        Complete complete = backup.complete().orElseThrow();
        return new Output(choice.name(), complete.bytes(), complete.tables(), Optional.of(swapped.contents().rows()),
                swapped.aside(), choice.damaged());
    }

    private static Contents restore(Spec spec, DatabaseBackup backup, WritablePostgres into, RunContext context)
            throws Exception {
        Inventory inventory = backup.requireInventory();
        PostgresDump.restore(backup.fetch(inventory, context), inventory, into, spec.jobs(), List.of(), context);
        return PostgresDump.requireSame(backup, inventory, into, context);
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        new DatabaseSwap(context.writing(PostgresKind.class, spec.to()), context).undo();
    }

    private static Choice choose(Spec spec, PreviewContext context, String database) throws Exception {
        return Choice.of(BackupPlace.reading(context, spec.from()), Engine.POSTGRES, database, spec.name(),
                spec.target(), context,
                (backup, inventory, parts) -> PostgresDump.requireReadable(backup, parts,
                        PostgresDump.reader(inventory), context));
    }

    private static DatabaseBackup backup(Spec spec, PreviewContext context, Choice choice) throws Exception {
        return new DatabaseBackup(BackupPlace.reading(context, spec.from()), choice.name());
    }
}
