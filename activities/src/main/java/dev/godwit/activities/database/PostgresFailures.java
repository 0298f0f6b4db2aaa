package dev.godwit.activities.database;

import dev.godwit.plan.Location;
import dev.godwit.step.StepFailure;
import java.sql.SQLException;
import java.util.Set;

/** Turns what PostgreSQL says into what a run understands. */
public final class PostgresFailures {
    /** What the servers' types answer to values that they do not take. */
    private static final Set<String> OF_VALUES = Set.of("23502", "23514", "0A000", "3F000", "42601", "42602", "42704",
            "42725", "42883", "42P01");

    private PostgresFailures() {}

    /** Why a session could not be had. */
    public static StepFailure connecting(Location location, String address, SQLException thrown) {
        StepFailure failure = translate(location + " (" + address + ")", thrown);
        return failure.code().equals("sql-failed")
                ? StepFailure.external("database-unreachable", location + ": cannot connect to " + address + ": "
                        + message(thrown) + "; start the server, or correct the resource's url").causedBy(thrown)
                : failure;
    }

    /**
     * @param subject what was worked on, for people: the step type, the table
     * @param thrown what the driver threw; its SQL state decides
     */
    public static StepFailure translate(String subject, SQLException thrown) {
        String state = thrown.getSQLState() == null ? "" : thrown.getSQLState();
        String said = subject + ": " + message(thrown);
        StepFailure failure = switch (state) {
            case "53100" -> StepFailure.external("disk-full", said + "; free some space on the database's server");
            case "53300", "57P03" -> StepFailure.external("database-busy", said + "; retry when the server has room");
            case "55P03", "40001", "40P01" -> StepFailure.external("database-busy",
                    said + "; another transaction holds what this one needs");
            case "57P01", "57P02" -> StepFailure.external("connection-lost", said + "; the session was ended");
            case "57014" -> StepFailure.external("statement-cancelled", said + "; someone, or a timeout, cancelled it");
            case "3D000" -> StepFailure.user("database-missing", said + "; make it, or correct the resource's url");
            case "42P01" -> StepFailure.user("table-missing", said + "; make it with an earlier step, or correct it");
            case "42501" ->
                StepFailure.user("permission-denied", said + "; grant it, or give the resource another user");
            case "25006" -> StepFailure.user("database-read-only",
                    said + "; the server or the role allows no writing: is it a standby?");
            case "XX001", "XX002" -> StepFailure.integrity("database-corrupt",
                    said + "; restore the database from a backup");
            default -> byClass(state, said);
        };
        return failure.causedBy(thrown);
    }

    private static StepFailure byClass(String state, String said) {
        return switch (state.length() < 2 ? "" : state.substring(0, 2)) {
            case "08" -> StepFailure.external("connection-lost",
                    said + "; is the server running, and can this worker reach it?");
            case "28" -> StepFailure.user("login-refused", said + "; correct the resource's user and password");
            case "23" -> StepFailure.user("constraint-violated", said);
            case "22" -> StepFailure.user("value-unfit", said);
            case "53", "57", "58" -> StepFailure.external("database-failed", said);
            case "XX" -> StepFailure.external("database-failed", said + "; see the server's log");
            default -> StepFailure.user("sql-failed", said);
        };
    }

    /**
     * Whether reading a value failed because of the value: its form, the rules of its domain, or a name in it (of a type like
     * {@code regclass}) that is of nothing in this database.
     */
    public static boolean isOfTheValue(SQLException thrown) {
        String state = String.valueOf(thrown.getSQLState());
        return state.startsWith("22") || OF_VALUES.contains(state);
    }

    /** What went wrong, on one line. */
    public static String shown(SQLException thrown) {
        return message(thrown);
    }

    /** The driver repeats the position and the server's file; the first lines say what counts. */
    private static String message(SQLException thrown) {
        return String.valueOf(thrown.getMessage()).strip().replaceAll("\\s*\\n\\s*", "; ");
    }
}
