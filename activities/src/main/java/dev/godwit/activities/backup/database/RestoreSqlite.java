package dev.godwit.activities.backup.database;

import com.google.auto.service.AutoService;
import dev.godwit.activities.backup.BackupPlace;
import dev.godwit.activities.backup.database.DatabaseBackup.Complete;
import dev.godwit.activities.files.FileAttributes;
import dev.godwit.activities.files.FileBatch;
import dev.godwit.activities.files.FileChanges;
import dev.godwit.activities.files.FileChanges.Existing;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.resource.SqliteCopy;
import dev.godwit.activities.resource.SqliteFailures;
import dev.godwit.activities.resource.SqliteKind;
import dev.godwit.activities.resource.SqliteWork;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * Restores an SQLite database from the newest good backup that {@code backup.sqlite} made of a database of this name. All of
 * it is read, compared with its inventory and checked by SQLite before anything is touched; a damaged one is passed over for
 * the next older one. Then it is written beside its place, the database that is there is moved aside with the files that
 * belong to it, and the restored one takes its place, with the owner and the permissions of the one before.
 *
 * <pre>{@code
 * - name: recover
 *   uses: restore.sqlite
 *   with: {from: backups, to: database}
 * }</pre>
 *
 * <p>From a bucket the backup is brought into the worker's state directory first, which must have room for it.
 *
 * <p>Stop what uses the database first: a program that has it open goes on with the one that was moved aside. That one is
 * kept. Undo puts it back; if the restored one was written since, it is set aside.
 *
 * <p>Errors: {@code no-backup} (there is none of this database, or none is good), {@code backup-damaged} (the one that
 * {@code name} asks for).
 */
@Uses(value = "restore.sqlite", kind = StepKind.DATABASE)
@AutoService(StepType.class)
public final class RestoreSqlite implements StepType<RestoreSqlite.Spec, RestoreSqlite.Output> {
    private static final String CHOICE = "choice";
    private static final String FOLDED = "folded";

    /**
     * @param from the directory or bucket in which backups are kept
     * @param to the database
     * @param name the backup; by default the newest good one of a database of this name
     * @param target only backups of this target: places may be shared by several
     */
    public record Spec(@Of( {"directory", "s3"}) Location from, @Of("sqlite") Location to, Optional<String> name,
            Optional<String> target){}

    /**
     * @param name the backup
     * @param bytes its size
     * @param rows how many rows it has
     * @param aside where the former database is; absent if there was none
     * @param damaged newer backups that were passed over
     */
    public record Output(String name, long bytes, long rows, Optional<String> aside, List<String> damaged) {}

    private enum Stage { STAGED, ASIDE, DONE }

    /** @param existed whether there was a database */
    private record Position(Stage stage, boolean existed) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = context.madeBy(spec.from());
        if (maker.isPresent()) {
            return Preview.<Output>knownAfter(maker.get()).making(spec.to());
        }
        Path database = context.reading(SqliteKind.class, spec.to()).file();
        Choice choice = choose(spec, context, database);
        Complete complete = backup(spec, context, choice).complete().orElseThrow();
        boolean exists = Files.exists(database);
        Preview<Output> preview = Preview.of(output(complete, choice, database, exists, context))
                .change("restore %s (%d bytes) from the backup %s, made at %s".formatted(spec.to(), complete.bytes(),
                        choice.name(), complete.made()))
                .making(spec.to());
        return exists ? preview.change("move what is there to " + aside(database, context)) : preview;
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Path database = context.writing(SqliteKind.class, spec.to()).file();
        Optional<Choice> earlier = context.journal().read(CHOICE, Choice.class);
        Choice choice = earlier.isPresent() ? earlier.get() : choose(spec, context, database);
        context.journal().write(CHOICE, choice);
        DatabaseBackup backup = backup(spec, context, choice);

        Path staged = staged(database, context);
        FileChanges changes = FileChanges.openStaged(context, staged.getParent(), database.getParent());
        Optional<Position> reached = reached(changes);
        if (reached.isEmpty()) {
            stage(changes, backup, database, staged, context);
            reached = reached(changes);
        }
        if (reached.orElseThrow().stage() == Stage.STAGED) {
            moveAside(changes, database, aside(database, context), reached.get());
            reached = reached(changes);
        }
        if (reached.orElseThrow().stage() == Stage.ASIDE) {
            changes.batch().move(staged, database).commit(new Position(Stage.DONE, reached.get().existed()));
        }
        Files.deleteIfExists(staged.getParent());
        return output(backup.complete().orElseThrow(), choice, database, reached.get().existed(), context);
    }

    private static Optional<Position> reached(FileChanges changes) {
        return changes.cursor().map(cursor -> Json.bind(cursor, Position.class));
    }

    /** Beside its place, on the same file system, where it is in nobody's way. */
    private static void stage(FileChanges changes, DatabaseBackup backup, Path database, Path staged,
            PreviewContext context) throws IOException {
        Path file = SqliteDump.file(backup.fetch(backup.requireInventory(), context));
        boolean existed = Files.exists(database);
        FileAttributes attributes = existed
                ? FileAttributes.successorOf(database)
                : FileAttributes.DEFAULT;
        changes.batch()
                .put(staged, out -> Files.copy(file, out), attributes, Existing.REFUSE)
                .commit(new Position(Stage.STAGED, existed));
    }

    /** The database first: one that stands there without its {@code -wal} file is still a whole one. */
    private static void moveAside(FileChanges changes, Path database, Path aside, Position position)
            throws IOException {
        FileBatch batch = changes.batch();
        for (Path file : SqliteCopy.files(database)) {
            batch.move(file, aside.resolveSibling(aside.getFileName() + suffix(file, database)));
        }
        batch.commit(new Position(Stage.ASIDE, position.existed()));
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        Path database = context.writing(SqliteKind.class, spec.to()).file();
        FileChanges changes = FileChanges.openStaged(context, staged(database, context).getParent(),
                database.getParent());
        boolean restored = reached(changes).filter(position -> position.stage() == Stage.DONE).isPresent();
        if (restored && context.journal().read(FOLDED, Boolean.class).isEmpty()) {
            fold(database, context);
            context.journal().write(FOLDED, true);
        }
        changes.undo();
    }

    /**
     * Brings what others wrote since into the one file, and sees to it that nothing stays beside it: SQLite would take a
     * {@code -wal} file of one database for that of another.
     */
    private static void fold(Path database, RunContext context) throws IOException {
        if (SqliteCopy.files(database).size() < 2) {
            return;
        }
        context.journal().checkToken();
        if (SqliteCopy.isDatabase(database)) {
            try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
                SqliteWork.execute(connection, context::checkpoint, "PRAGMA wal_checkpoint(TRUNCATE)");
            } catch (SQLException e) {
                throw SqliteFailures.translate("restore.sqlite", database, e);
            }
        }
        for (Path file : SqliteCopy.files(database)) {
            if (file.toString().endsWith("-shm") || !file.equals(database) && Files.size(file) == 0) {
                Files.delete(file);
            } else if (!file.equals(database)) {
                Path kept = context.setAside().resolve(file.getFileName());
                Files.move(file, kept, StandardCopyOption.REPLACE_EXISTING);
                context.reportSetAside(file.toString(), kept);
            }
        }
        DurableFiles.syncDirectory(context.setAside());
    }

    private static String suffix(Path file, Path database) {
        return file.getFileName().toString().substring(database.getFileName().toString().length());
    }

    private static Path staged(Path database, RunContext context) {
        return database.resolveSibling("." + database.getFileName() + ".godwit-" + context.identity().shortName())
                .resolve(database.getFileName());
    }

    private static Path aside(Path database, PreviewContext context) {
        return database.resolveSibling(database.getFileName() + ".before-" + context.identity().step() + "-"
                + context.identity().shortRunId());
    }

    private static Choice choose(Spec spec, PreviewContext context, Path database) throws Exception {
        return Choice.of(BackupPlace.reading(context, spec.from()), Engine.SQLITE, database.getFileName().toString(),
                spec.name(), spec.target(), context,
                (backup, inventory, parts) -> SqliteDump.requireWhole(backup, SqliteDump.file(parts), context));
    }

    private static DatabaseBackup backup(Spec spec, PreviewContext context, Choice choice) throws Exception {
        return new DatabaseBackup(BackupPlace.reading(context, spec.from()), choice.name());
    }

    private static Output output(Complete complete, Choice choice, Path database, boolean existed,
            PreviewContext context) {
        Optional<String> aside = existed ? Optional.of(aside(database, context).toString()) : Optional.empty();
        return new Output(complete.name(), complete.bytes(), complete.rows().orElse(0L), aside, choice.damaged());
    }
}
