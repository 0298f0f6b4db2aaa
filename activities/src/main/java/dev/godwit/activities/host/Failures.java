package dev.godwit.activities.host;

import dev.godwit.activities.database.PostgresFailures;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepStopped;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.sql.SQLException;
import java.util.Locale;
import org.postgresql.util.PSQLException;

/** Turns what a step type threw into what a run understands; the one place that knows what common exceptions mean. */
final class Failures {
    private Failures() {}

    static RuntimeException translate(String uses, Exception thrown) {
        return switch (thrown) {
            case StepFailure failure -> named(uses, failure);
            case StepStopped stopped -> stopped;
            case InterruptedException interrupted -> stopped(interrupted);
            case ClosedByInterruptException interrupted -> stopped(interrupted);
            case InterruptedIOException interrupted when Thread.currentThread().isInterrupted() -> stopped(interrupted);
            case UncheckedIOException unchecked -> translate(uses, unchecked.getCause());
            case IOException io when mentions(io, "no space left on device", "disk quota exceeded") -> StepFailure
                    .external("disk-full", uses + ": the disk is full" + at(io) + "; free some space, then retry")
                    .causedBy(io);
            case NoSuchFileException missing -> StepFailure.user("file-missing", uses + ": " + missing.getFile()
                    + " does not exist; create it, or change the plan").causedBy(missing);
            case AccessDeniedException denied -> StepFailure.user("file-unreadable",
                    uses + ": cannot use " + denied.getFile()
                            + " (permission denied); run the worker as a user that may, or leave it out of the plan")
                    .causedBy(denied);
            case NotDirectoryException other -> StepFailure
                    .user("not-a-directory", uses + ": " + other.getFile() + " is not a directory")
                    .causedBy(other);
            case FileSystemException other when mentions(other, "read-only file system") -> StepFailure
                    .user("file-system-read-only", uses + ": the file system is mounted read-only" + at(other)
                            + "; mount it for writing, or change the plan")
                    .causedBy(other);
            case FileSystemException other -> StepFailure
                    .external("file-failed", uses + ": " + other.getMessage())
                    .causedBy(other);
            // What the pool says of a session that it has found broken.
            case SQLException pooled when pooled.getSQLState() == null
                    && "Connection is closed".equals(pooled.getMessage()) ->
                StepFailure
                        .external("connection-lost", uses + ": the session with the database was lost; is the server"
                                + " running, and can this worker reach it?")
                        .causedBy(pooled);
            case PSQLException postgres -> PostgresFailures.translate(uses, postgres);
            case IOException io -> StepFailure.external("io-failed", uses + ": " + describe(io)).causedBy(io);
            default -> StepFailure.internal("unexpected", uses + ": unexpected " + describe(thrown)
                    + "; this is a fault in Godwit, please report it").causedBy(thrown);
        };
    }

    /** What steps share does not know for whom it works; the message must say. */
    private static StepFailure named(String uses, StepFailure failure) {
        if (failure.getMessage().startsWith(uses)) {
            return failure;
        }
        return failure.saying(uses + ": " + failure.getMessage()).causedBy(failure);
    }

    private static StepStopped stopped(Exception interruption) {
        StepStopped stopped = new StepStopped("interrupted");
        stopped.initCause(interruption);
        return stopped;
    }

    private static boolean mentions(IOException failure, String... texts) {
        String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
        for (String text : texts) {
            if (message.contains(text)) {
                return true;
            }
        }
        return false;
    }

    private static String at(IOException failure) {
        return failure instanceof FileSystemException e && e.getFile() != null ? " (" + e.getFile() + ")" : "";
    }

    private static String describe(Exception thrown) {
        String message = thrown.getMessage();
        return thrown.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    }
}
