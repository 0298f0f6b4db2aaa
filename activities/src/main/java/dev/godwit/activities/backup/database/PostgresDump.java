package dev.godwit.activities.backup.database;

import dev.godwit.activities.backup.database.BackupRun.Dumped;
import dev.godwit.activities.backup.database.DatabaseBackup.Inventory;
import dev.godwit.activities.database.PostgresSessions;
import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.activities.resource.WritablePostgres;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A backup by {@code pg_dump}, of the snapshot that this attempt's own session holds. */
final class PostgresDump implements BackupRun.Dump {
    private static final String CUSTOM = "database.dump";
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final BackupPostgres.Spec spec;
    private final RunContext context;
    private final ReadablePostgres from;
    private final WritablePostgres scratchServer;
    private long looked = System.nanoTime();

    /** @param scratchServer where a restore is tried */
    PostgresDump(BackupPostgres.Spec spec, RunContext context, ReadablePostgres from, WritablePostgres scratchServer) {
        this.spec = spec;
        this.context = context;
        this.from = from;
        this.scratchServer = scratchServer;
    }

    @Override
    public Engine engine() {
        return Engine.POSTGRES;
    }

    @Override
    public String database() {
        return from.environment().get("PGDATABASE");
    }

    /** A program that is as new as the server. */
    static PostgresTool tool(String name, Connection connection) throws IOException, SQLException {
        return PostgresTool.find(name, Integer.parseInt(text(connection, "SHOW server_version_num")) / 10_000);
    }

    @Override
    public Dumped write(Path parts) throws Exception {
        try (Connection holder = from.open()) {
            PostgresSessions.endEarlier(holder);
            PostgresTool dump = tool("pg_dump", holder);
            holder.setAutoCommit(false);
            try (Statement statement = holder.createStatement()) {
                statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            }
            String snapshot = text(holder, "SELECT pg_export_snapshot()");
            long tables = PostgresContents.tables(holder).size();
            Optional<Contents> contents = Optional.empty();
            try (PostgresTool.Running running = dump.start(arguments(parts, snapshot), from.environment(), context)) {
                if (spec.verify() == Verify.RESTORE) {
                    contents = Optional
                            .of(new PostgresContents(from, context).read(holder, running::requireNoFailure));
                }
                running.await(context, () -> {
                    requireSnapshot(holder);
                    context.progress(size(parts), 0, "bytes dumped");
                });
            } finally {
                rollBack(holder);
            }
            return new Dumped(from.address(), dump.toString(), tables, contents);
        }
    }

    private List<String> arguments(Path parts, String snapshot) {
        List<String> arguments = new ArrayList<>(List.of(PostgresTool.connection(), "--snapshot=" + snapshot,
                "--exclude-schema=godwit", "--compress=" + spec.compress()));
        switch (spec.format()) {
            case DIRECTORY -> arguments.addAll(List.of("--format=directory", "--jobs=" + spec.jobs(),
                    "--file=" + parts.resolve("dump")));
            case CUSTOM -> arguments.addAll(List.of("--format=custom", "--file=" + parts.resolve(CUSTOM)));
        }
        return arguments;
    }

    /** Without its holder a snapshot is gone, and what is dumped after that fails one table after the other. */
    private void requireSnapshot(Connection holder) throws SQLException {
        if (System.nanoTime() - looked > LOOK_NANOS) {
            looked = System.nanoTime();
            text(holder, "SELECT 1");
        }
    }

    private static void rollBack(Connection holder) {
        try {
            holder.rollback();
            holder.setAutoCommit(true);
        } catch (SQLException lost) {
            return; // What was read is on disk; the server ends such a transaction by itself.
        }
    }

    /** What of a backup's parts is given to {@code pg_restore}. */
    private static Path archive(Path parts) {
        Path custom = parts.resolve(CUSTOM);
        return Files.exists(custom) ? custom : parts.resolve("dump");
    }

    @Override
    public void requireReadable(DatabaseBackup backup, Path parts) throws Exception {
        try (Connection connection = from.open()) {
            requireReadable(backup, parts, tool("pg_restore", connection), context);
        }
    }

    /** Whether {@code pg_restore} understands it. */
    static void requireReadable(DatabaseBackup backup, Path parts, PostgresTool restore, PreviewContext context)
            throws Exception {
        List<String> arguments = List.of("--list", archive(parts).toString());
        try (PostgresTool.Running running = restore.startOffline(arguments, context)) {
            running.await(context, () -> {});
        } catch (StepFailure failure) {
            throw backup.damaged(failure.getMessage());
        }
    }

    @Override
    public double restore(DatabaseBackup backup, Inventory inventory, Path parts) throws Exception {
        String name = scratchName(context);
        try (Connection connection = PostgresDatabases.open(scratchServer)) {
            PostgresSessions.endEarlier(connection);
            PostgresDatabases databases = new PostgresDatabases(connection);
            databases.drop(name);
            context.checkpoint();
            databases.createLike(name, database());
            try {
                WritablePostgres scratch = scratchServer.sibling(name);
                long began = System.nanoTime();
                restore(parts, inventory, scratch, spec.jobs(), List.of("--no-owner", "--no-privileges"), context);
                double seconds = (System.nanoTime() - began) / 1e9;
                requireSame(backup, inventory, scratch, context);
                databases.drop(name);
                return seconds;
            } catch (Exception failure) {
                dropAfter(failure, databases, name);
                throw failure;
            }
        }
    }

    private static void dropAfter(Exception failure, PostgresDatabases databases, String name) {
        try {
            databases.drop(name);
        } catch (SQLException e) {
            failure.addSuppressed(e); // The next attempt drops it.
        }
    }

    static String scratchName(RunContext context) {
        return "godwit_scratch_" + PostgresSessions.name(context.identity(), Path.of("")).split("/")[2];
    }

    /** Restores a backup into an empty database. */
    static void restore(Path parts, Inventory inventory, WritablePostgres into, int jobs,
            List<String> options, RunContext context) throws Exception {
        PostgresTool restore;
        try (Connection connection = into.openForWriting()) {
            int server = Integer.parseInt(text(connection, "SHOW server_version_num")) / 10_000;
            restore = PostgresTool.find("pg_restore", Math.max(server, writer(inventory)));
        }
        List<String> arguments = new ArrayList<>(List.of(
                PostgresTool.connection() + " dbname=" + quoted(into.environment().get("PGDATABASE")),
                "--exit-on-error", "--jobs=" + jobs));
        arguments.addAll(options);
        arguments.add(archive(parts).toString());
        try (PostgresTool.Running running = restore.start(arguments, into.environment(), context)) {
            long[] pulses = new long[1];
            running.await(context, () -> context.progress(++pulses[0] / 2, 0, "seconds of restoring"));
        }
    }

    /** A program that understands what another has written. */
    static PostgresTool reader(Inventory inventory) throws IOException {
        return PostgresTool.find("pg_restore", writer(inventory));
    }

    private static int writer(Inventory inventory) {
        return Integer.parseInt(inventory.tool().replaceFirst("\\D*(\\d+).*", "$1"));
    }

    private static String quoted(String name) {
        return "'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    /**
     * Compares what was restored with what was backed up, if the backup says that.
     *
     * @return what was restored
     */
    static Contents requireSame(DatabaseBackup backup, Inventory inventory, WritablePostgres database,
            PreviewContext context) throws Exception {
        try (Connection connection = database.openForWriting()) {
            Contents restored = new PostgresContents(database, context).read(connection, () -> {});
            Optional<String> difference = inventory.contents().flatMap(contents -> contents.difference(restored));
            if (difference.isPresent()) {
                throw backup.damaged("restored, it is not what was backed up: " + difference.get());
            }
            return restored;
        }
    }

    private static long size(Path parts) throws IOException {
        try (Stream<Path> files = Files.walk(parts)) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        }
    }

    private static String text(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getString(1);
        }
    }
}
