package dev.godwit.activities.resource;

import dev.godwit.step.StepFailure;
import java.nio.file.Path;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;

/** Turns what SQLite says into what a run understands. */
public final class SqliteFailures {
    private SqliteFailures() {}

    /**
     * @param uses the step type that failed
     * @param database what it worked on
     */
    public static StepFailure translate(String uses, Path database, SQLException thrown) {
        String subject = uses + ": ";
        SQLiteErrorCode code = SQLiteErrorCode.getErrorCode(thrown.getErrorCode() & 0xff);
        StepFailure failure = switch (code) {
            case SQLITE_FULL -> StepFailure.external("disk-full",
                    subject + "the disk is full (" + database + "); free some space, then retry");
            case SQLITE_BUSY, SQLITE_LOCKED -> StepFailure.external("database-busy", subject + database
                    + " is locked by another process; retry when its transaction has ended");
            case SQLITE_NOTADB -> StepFailure.user("not-a-database",
                    subject + database + " is not an SQLite database (or it is encrypted); correct the path");
            case SQLITE_CORRUPT -> StepFailure.integrity("database-corrupt", subject + database
                    + " is damaged (" + thrown.getMessage() + "); restore it from a backup");
            case SQLITE_READONLY, SQLITE_PERM, SQLITE_CANTOPEN, SQLITE_AUTH -> StepFailure.user("database-unwritable",
                    subject + "cannot open " + database + " for writing (" + thrown.getMessage()
                            + "); run the worker as a user that may");
            case SQLITE_CONSTRAINT -> StepFailure.user("constraint-violated",
                    subject + database + " refuses a row: " + thrown.getMessage());
            case SQLITE_IOERR, SQLITE_NOMEM, SQLITE_PROTOCOL -> StepFailure.external("database-failed",
                    subject + database + ": " + thrown.getMessage());
            default -> StepFailure.user("sql-failed", subject + database + ": " + thrown.getMessage());
        };
        return failure.causedBy(thrown);
    }
}
