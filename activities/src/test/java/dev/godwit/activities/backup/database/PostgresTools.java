package dev.godwit.activities.backup.database;

import dev.godwit.activities.host.Needed;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The programs of PostgreSQL that these tests need. */
final class PostgresTools {
    private static final int SERVER = 15;

    private PostgresTools() {}

    static void need() {
        try {
            PostgresTool.find("pg_dump", SERVER);
            PostgresTool.find("pg_restore", SERVER);
        } catch (StepFailure missing) {
            Needed.part(false, "pg_dump and pg_restore 15 or newer (" + missing.getMessage() + ")");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
