package dev.godwit.activities.schema;

import dev.godwit.step.StepFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Finds where statements end: at a semicolon, but not within quotes, comments, dollar quotes, the body of a trigger of
 * SQLite or a function body that begins with {@code BEGIN ATOMIC}.
 */
final class SqlScanner {
    private final String name;
    private final String sql;
    private final List<SqlStatement> statements = new ArrayList<>();
    private int at;
    private int begin = -1;
    private int depth;
    private boolean trigger;
    private int words;
    private String before = "";

    SqlScanner(String name, String sql) {
        this.name = name;
        this.sql = sql;
    }

    List<SqlStatement> statements() {
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if (Character.isWhitespace(c) || c == '\uFEFF') {
                at++;
            } else if (sql.startsWith("--", at)) {
                at = end(sql.indexOf('\n', at));
            } else if (sql.startsWith("/*", at)) {
                comment();
            } else if (c == ';' && depth == 0) {
                finish();
                at++;
            } else {
                begin = begin < 0 ? at : begin;
                token(c);
            }
        }
        finish();
        return statements;
    }

    private void token(char c) {
        if (c == '\'') {
            boolean escapes = before.equals("E") && at > 0 && Character.toUpperCase(sql.charAt(at - 1)) == 'E';
            quoted('\'', escapes);
        } else if (c == '"' || c == '`') {
            quoted(c, false);
        } else if (c == '$' && dollarQuoted()) {
            before = "";
        } else if (c == '\\' && begin == at) {
            throw StepFailure.user("sql-unreadable", name + ", line " + line(at) + ": '" + rest() + "' is a command of"
                    + " psql and not SQL; leave it out, or run psql with run.command");
        } else if (Character.isJavaIdentifierStart(c) && c != '$') {
            word();
        } else {
            before = "";
            at++;
        }
    }

    private void word() {
        int from = at;
        while (at < sql.length() && Character.isJavaIdentifierPart(sql.charAt(at))) {
            at++;
        }
        String word = sql.substring(from, at).toUpperCase(Locale.ROOT);
        words++;
        // CREATE [TEMP] TRIGGER ... BEGIN statements; END in SQLite. In PostgreSQL a trigger has no body.
        trigger |= word.equals("TRIGGER") && words <= 3;
        boolean opens = word.equals("BEGIN") && trigger || word.equals("ATOMIC") && before.equals("BEGIN")
                || word.equals("CASE") && depth > 0;
        if (opens) {
            depth++;
        } else if (word.equals("END") && depth > 0) {
            depth--;
        }
        before = word;
    }

    private void quoted(char quote, boolean escapes) {
        int from = at++;
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if (c == '\\' && escapes) {
                at += 2;
            } else if (c == quote && at + 1 < sql.length() && sql.charAt(at + 1) == quote) {
                at += 2;
            } else if (c == quote) {
                at++;
                before = "";
                return;
            } else {
                at++;
            }
        }
        throw unclosed(from, "the quote " + quote);
    }

    private boolean dollarQuoted() {
        int tagEnd = at + 1;
        while (tagEnd < sql.length() && (Character.isLetterOrDigit(sql.charAt(tagEnd)) || sql.charAt(tagEnd) == '_')) {
            tagEnd++;
        }
        boolean parameter = tagEnd > at + 1 && Character.isDigit(sql.charAt(at + 1));
        if (tagEnd >= sql.length() || sql.charAt(tagEnd) != '$' || parameter) {
            return false;
        }
        String tag = sql.substring(at, tagEnd + 1);
        int close = sql.indexOf(tag, tagEnd + 1);
        if (close < 0) {
            throw unclosed(at, tag);
        }
        at = close + tag.length();
        return true;
    }

    /** They nest in PostgreSQL. */
    private void comment() {
        int from = at;
        int open = 0;
        do {
            if (sql.startsWith("/*", at)) {
                open++;
                at += 2;
            } else if (sql.startsWith("*/", at)) {
                open--;
                at += 2;
            } else if (at >= sql.length()) {
                throw unclosed(from, "the comment");
            } else {
                at++;
            }
        } while (open > 0);
    }

    private void finish() {
        if (begin >= 0) {
            statements.add(new SqlStatement(sql.substring(begin, at).stripTrailing(), line(begin)));
        }
        begin = -1;
        depth = 0;
        words = 0;
        trigger = false;
        before = "";
    }

    private StepFailure unclosed(int from, String what) {
        return StepFailure.user("sql-unreadable", name + ", line " + line(from) + ": " + what
                + " is not closed; the rest of the script belongs to it");
    }

    private String rest() {
        return sql.substring(at, end(sql.indexOf('\n', at))).strip();
    }

    private int end(int found) {
        return found < 0 ? sql.length() : found;
    }

    private int line(int position) {
        return 1 + (int) sql.substring(0, position).chars().filter(c -> c == '\n').count();
    }
}
