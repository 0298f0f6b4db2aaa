package dev.godwit.activities.database;

import dev.godwit.step.StepIdentity;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Names the sessions of an attempt, so that its successor can end them: a worker that is stopped, or cut off by the network,
 * may hold locks and an open transaction for hours.
 */
public final class PostgresSessions {
    private static final int STEP = 30;

    private PostgresSessions() {}

    /**
     * The {@code application_name} of an attempt's sessions: the same up to the last slash for all attempts at a step and
     * round. At most 63 characters, which is all that the server keeps.
     *
     * @param attempt a path that no other attempt has
     */
    public static String name(StepIdentity step, Path attempt) {
        String shown = step.step().length() > STEP ? step.step().substring(0, STEP) : step.step();
        String exact = String.join("\n", step.runId(), step.step(), Integer.toString(step.round()));
        return "godwit/" + shown + "/" + hex(exact.hashCode()) + "/" + hex(attempt.toString().hashCode());
    }

    private static String hex(int hash) {
        return String.format("%08x", hash);
    }

    /**
     * Ends the sessions that earlier attempts at the step have with this server, whatever they are doing. What they had not
     * committed is rolled back by the server.
     *
     * @param connection a session of this attempt
     * @return how many were ended
     */
    public static int endEarlier(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                        + " WHERE application_name <> current_setting('application_name') AND usename = current_user"
                        + " AND application_name LIKE replace(replace(regexp_replace("
                        + "current_setting('application_name'), '[^/]*$', ''), '\\', '\\\\'), '_', '\\_') || '%'");
                ResultSet result = statement.executeQuery()) {
            result.next();
            return result.getInt(1);
        }
    }
}
