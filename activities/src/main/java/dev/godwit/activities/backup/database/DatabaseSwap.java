package dev.godwit.activities.backup.database;

import dev.godwit.activities.database.PostgresSessions;
import dev.godwit.activities.resource.WritablePostgres;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Puts a new database in the place of one that is there, and takes that back. The names change in one transaction, so that
 * they themselves tell how far a step came that died.
 */
final class DatabaseSwap {
    private static final String BEFORE = "before";
    private static final String RESTORED = "restored";
    private static final String UNDONE = "undone";
    private static final int LONGEST_NAME = 63;

    private final WritablePostgres place;
    private final RunContext context;
    private final String name;
    private final String staged;
    private final String undone;

    /** @param existed whether there was a database */
    private record Before(boolean existed) {}

    /**
     * What was done.
     *
     * @param contents what the new database holds
     * @param aside the name of the former one, if there was one
     */
    record Swapped(Contents contents, Optional<String> aside) {}

    /** Fills the new database and says what it holds then. */
    @FunctionalInterface
    interface Filling {
        Contents fill(WritablePostgres empty) throws Exception;
    }

    DatabaseSwap(WritablePostgres place, RunContext context) {
        this.place = place;
        this.context = context;
        this.name = place.environment().get("PGDATABASE");
        this.staged = "godwit_restore_" + hash(context);
        this.undone = "godwit_undone_" + hash(context);
    }

    /** The same for every attempt at a step and its undo, and for no other step. */
    private static String hash(PreviewContext context) {
        return PostgresSessions.name(context.identity(), Path.of("")).split("/")[2];
    }

    /** The same in every round. */
    static String aside(String database, PreviewContext context) {
        String step = context.identity().runId() + "\n" + context.identity().step();
        return named(database, ".before-" + String.format("%08x", step.hashCode()));
    }

    private static String named(String database, String suffix) {
        String start = database;
        while ((start + suffix).getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
            start = start.substring(0, start.length() - 1);
        }
        return start + suffix;
    }

    Swapped swapIn(Filling filling) throws Exception {
        String aside = aside(name, context);
        try (Connection connection = PostgresDatabases.open(place)) {
            // First of all: an earlier attempt that is stopped right before its act finds its session gone.
            PostgresSessions.endEarlier(connection);
            PostgresDatabases databases = new PostgresDatabases(connection);
            Optional<Before> begun = context.journal().read(BEFORE, Before.class);
            boolean existed = begun.isPresent() ? begun.get().existed() : databases.exists(name);
            context.journal().write(BEFORE, new Before(existed));
            Optional<Contents> restored = context.journal().read(RESTORED, Contents.class);
            if (restored.isEmpty() || !isIn(databases, existed)) {
                restored = Optional.of(fill(databases, filling));
                context.journal().write(RESTORED, restored.get());
                if (existed) {
                    databases.dress(staged, name);
                }
                context.checkpoint();
                context.journal().checkToken();
                if (existed) {
                    databases.rename(name, aside, staged, name);
                } else {
                    databases.rename(staged, name);
                }
            }
            return new Swapped(restored.get(), existed ? Optional.of(aside) : Optional.empty());
        }
    }

    private boolean isIn(PostgresDatabases databases, boolean existed) throws SQLException {
        return !databases.exists(staged) && databases.exists(existed ? aside(name, context) : name);
    }

    private Contents fill(PostgresDatabases databases, Filling filling) throws Exception {
        databases.drop(staged);
        context.journal().checkToken();
        databases.createLike(staged, name);
        return filling.fill(place.sibling(staged));
    }

    void undo() throws Exception {
        Optional<Before> before = context.journal().read(BEFORE, Before.class);
        if (before.isEmpty() || context.journal().read(UNDONE, Boolean.class).isPresent()) {
            return;
        }
        String aside = aside(name, context);
        try (Connection connection = PostgresDatabases.open(place)) {
            PostgresSessions.endEarlier(connection);
            PostgresDatabases databases = new PostgresDatabases(connection);
            Optional<Contents> restored = context.journal().read(RESTORED, Contents.class);
            context.journal().checkToken();
            if (restored.isPresent() && !databases.exists(undone) && isIn(databases, before.get().existed())) {
                takeOut(databases, aside, before.get().existed());
            }
            databases.drop(staged);
            if (restored.isPresent() && databases.exists(undone)) {
                discard(databases, restored.get());
            }
        }
        context.journal().write(UNDONE, true);
    }

    private void takeOut(PostgresDatabases databases, String aside, boolean existed) throws SQLException {
        if (!existed) {
            databases.rename(name, undone);
        } else if (databases.exists(name)) {
            databases.rename(name, undone, aside, name);
        } else {
            databases.rename(aside, name);
        }
    }

    /** Drops what was restored, unless others have written to it. */
    private void discard(PostgresDatabases databases, Contents restored) throws Exception {
        WritablePostgres database = place.sibling(undone);
        Contents now;
        try (Connection connection = database.openForWriting()) {
            now = new PostgresContents(database, context).read(connection, () -> {});
        }
        context.journal().checkToken();
        if (restored.difference(now).isEmpty()) {
            databases.drop(undone);
        } else {
            String kept = named(name, ".set-aside-" + hash(context));
            context.reportSetAside("the database " + name + " of " + place.location().resource(), Path.of(kept));
            databases.rename(undone, kept);
        }
    }
}
