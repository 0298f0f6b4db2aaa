package dev.godwit.activities.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqlScriptTest {
    @Test
    void statements_end_at_semicolons_and_know_their_lines() {
        assertThat(
                lines("-- first; not yet\n\nCREATE TABLE a (b int);\n/* then; /* nested; */ */ SELECT 1\n;;\nSELECT 2"))
                .containsExactly("3 CREATE TABLE a (b int)", "4 SELECT 1", "6 SELECT 2");
        assertThat(lines(" ;\n-- nothing\n")).isEmpty();
        assertThat(SqlScript.parse("up", "ALTER TABLE a\n  ADD b\n  nonsense").statements().getFirst().lineAt(24))
                .isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"INSERT INTO a VALUES ('it''s; fine', E'it''s \\'; fine', \"a;b\", `a;b`)",
            "CREATE FUNCTION f() RETURNS int AS $$ SELECT 1; SELECT ';' $$ LANGUAGE sql",
            "DO $body$ BEGIN PERFORM $$;$$; END $body$",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
            "CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET b = CASE WHEN 1 THEN 2 END; DELETE FROM c; END",
            "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()",
            "PREPARE p AS SELECT $1, $2", "SELECT a$b, 'x'", "SELECT 1 /* ; */ + 2"})
    void a_semicolon_within_a_statement_does_not_end_it(String statement) {
        assertThat(lines(statement + ";\nSELECT 1")).hasSize(2).last().isEqualTo("2 SELECT 1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"BEGIN", "commit", "START TRANSACTION", "END;", "ROLLBACK TO a", "Abort",
            "prepare  transaction 'a'"})
    void a_script_that_begins_or_ends_a_transaction_is_refused(String statement) {
        assertThatThrownBy(() -> SqlScript.parse("up", "SELECT 1;\n" + statement))
                .hasMessageContaining("up, line 2: ")
                .hasMessageContaining("begins or ends a transaction");
    }

    @Test
    void what_is_no_sql_is_refused_with_its_line() {
        assertThatThrownBy(() -> lines("SELECT 1;\n\\copy a from b")).hasMessageContaining("line 2: '\\copy a from b'");
        assertThatThrownBy(() -> lines("SELECT 1;\nSELECT 'a"))
                .hasMessageContaining("line 2: the quote ' is not closed");
        assertThatThrownBy(() -> lines("DO $x$ a")).hasMessageContaining("line 1: $x$ is not closed");
        assertThatThrownBy(() -> lines("/* a /* b */")).hasMessageContaining("line 1: the comment is not closed");
    }

    private static List<String> lines(String sql) {
        return SqlScript.parse("up", sql)
                .statements()
                .stream()
                .map(statement -> statement.line() + " " + statement.text())
                .toList();
    }
}
