package dev.godwit.activities.schema;

import dev.godwit.activities.files.Hashes;
import dev.godwit.step.StepFailure;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * SQL in its statements, each with the line on which it begins.
 *
 * @param name how people know it
 * @param text all of it
 * @param statements in their order; comments between them belong to none
 */
record SqlScript(String name, String text, List<SqlStatement> statements) {

    /** A step's own transaction must not be ended, or a preview would commit what it tries. */
    private static final Set<String> TRANSACTIONS = Set.of("BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT");

    /**
     * @throws StepFailure if it holds what is no SQL, or a statement that begins or ends a transaction
     */
    static SqlScript parse(String name, String text) {
        List<SqlStatement> statements = new SqlScanner(name, text).statements();
        for (SqlStatement statement : statements) {
            String word = statement.firstWord();
            if (TRANSACTIONS.contains(word) || statement.text()
                    .toUpperCase(Locale.ROOT)
                    .matches("(?s)PREPARE\\s+TRANSACTION\\b.*")) {
                throw StepFailure.user("transaction-statement", name + ", line " + statement.line() + ": " + word
                        + " begins or ends a transaction, and the step does that itself; leave it out");
            }
        }
        return new SqlScript(name, text, List.copyOf(statements));
    }

    String sha256() {
        return Hashes.sha256(text);
    }
}
