package dev.godwit.activities.database;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BigIntegerNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.godwit.activities.resource.PostgresKind;
import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.activities.resource.ReadableSqlite;
import dev.godwit.activities.resource.SqliteFailures;
import dev.godwit.activities.resource.SqliteKind;
import dev.godwit.json.Durations;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.util.PGobject;
import org.sqlite.ProgressHandler;

/**
 * Asks a database for rows, whichever of its kinds it is, and cannot change it: PostgreSQL in a transaction that only reads,
 * SQLite in a private copy.
 */
public final class SqlQuery {
    /** Codes of failures that no query is at fault for: the database cannot be asked at all. */
    private static final List<String> UNREACHABLE = List.of("database-unreachable", "connection-lost", "database-busy",
            "database-failed", "login-refused", "database-missing", "not-a-database", "database-corrupt");
    /** So many of SQLite's own instructions take a millisecond or so. */
    private static final int INSTRUCTIONS = 100_000;
    private static final int FETCHED = 1_000;

    private final String uses;
    private final Location in;
    private final PreviewContext context;

    /**
     * @param uses the step type that asks
     * @param in the database, of kind postgres or sqlite
     */
    public SqlQuery(String uses, Location in, PreviewContext context) {
        this.uses = uses;
        this.in = in;
        this.context = context;
    }

    /**
     * What a query gave.
     *
     * @param rows the first rows, as objects by column
     * @param count how many rows there are
     * @param took how long it took, up to the last row
     */
    public record Rows(List<JsonNode> rows, long count, Duration took) {}

    /** Whether a failure means that the database could not be asked, so that another query would fare no better. */
    public static boolean unreachable(StepFailure failure) {
        return UNREACHABLE.contains(failure.code());
    }

    /** Gets the rows of a query, an object by column each, in the order in which they come. */
    @FunctionalInterface
    public interface Visitor {
        void visit(ObjectNode row) throws IOException;
    }

    /**
     * Asks.
     *
     * @param within how long it may take
     * @param kept how many rows are kept; the others are counted
     * @throws StepFailure {@code query-timeout} if it took longer, or what the database says
     */
    public Rows ask(String query, Duration within, int kept) throws Exception {
        List<JsonNode> rows = new ArrayList<>();
        Counted counted = visit(query, within, kept, rows::add);
        return new Rows(List.copyOf(rows), counted.rows, counted.took);
    }

    /**
     * Asks, and holds none of the rows.
     *
     * @param within how long it may take, the visits included
     * @throws StepFailure {@code query-timeout} if it took longer, or what the database says
     */
    public void each(String query, Duration within, Visitor visitor) throws Exception {
        visit(query, within, Long.MAX_VALUE, visitor);
    }

    private record Counted(long rows, Duration took) {}

    private Counted visit(String query, Duration within, long most, Visitor visitor) throws Exception {
        return switch (context.kindOf(in)) {
            case "postgres" -> askPostgres(query, within, most, visitor);
            default -> askSqlite(query, within, most, visitor);
        };
    }

    private Counted askPostgres(String query, Duration within, long most, Visitor visitor) throws Exception {
        ReadablePostgres database = context.reading(PostgresKind.class, in);
        long began = System.nanoTime();
        try (Connection connection = database.open(); Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false); // Else the driver would hold all rows at once.
            connection.setReadOnly(true);
            statement.execute("SET LOCAL statement_timeout = " + Math.max(1, within.toMillis()));
            statement.setFetchSize(FETCHED);
            try {
                began = System.nanoTime();
                return new LongStatement(database, context).run(connection,
                        () -> read(statement, query, most, visitor));
            } finally {
                rollBack(connection);
            }
        } catch (SQLException e) {
            throw "57014".equals(e.getSQLState()) && System.nanoTime() - began >= within.toNanos()
                    ? late(within)
                    : PostgresFailures.translate(uses + ": " + in, e);
        }
    }

    private static void rollBack(Connection connection) throws SQLException {
        if (!connection.isClosed()) {
            connection.rollback();
        }
    }

    private Counted askSqlite(String query, Duration within, long most, Visitor visitor) throws Exception {
        ReadableSqlite database = context.reading(SqliteKind.class, in);
        Watch watch = new Watch(within);
        try (Connection connection = database.open(); Statement statement = connection.createStatement()) {
            ProgressHandler.setHandler(connection, INSTRUCTIONS, watch);
            return read(statement, query, most, visitor);
        } catch (SQLException e) {
            if (watch.stopped != null) {
                throw watch.stopped;
            }
            throw watch.late ? late(within) : SqliteFailures.translate(uses, database.file(), e);
        }
    }

    /** Ends a statement of SQLite that takes too long, or whose step is to end. */
    private final class Watch extends ProgressHandler {
        private final long deadline;
        private boolean late;
        private RuntimeException stopped;

        Watch(Duration within) {
            deadline = System.nanoTime() + within.toNanos();
        }

        @Override
        protected int progress() {
            try {
                context.checkpoint();
            } catch (RuntimeException e) {
                stopped = e;
            }
            late = System.nanoTime() > deadline;
            return late || stopped != null ? 1 : 0;
        }
    }

    private StepFailure late(Duration within) {
        return StepFailure.external("query-timeout", uses + ": " + in + ": no whole answer within "
                + Durations.format(within));
    }

    private Counted read(Statement statement, String query, long most, Visitor visitor)
            throws SQLException, IOException {
        long began = System.nanoTime();
        try (ResultSet found = statement.executeQuery(query)) {
            List<String> names = names(found.getMetaData());
            long count = 0;
            while (found.next()) {
                if (count < most) {
                    visitor.visit(row(found, names));
                }
                if (++count % FETCHED == 0) {
                    context.checkpoint();
                }
            }
            return new Counted(count, Duration.ofNanos(System.nanoTime() - began));
        }
    }

    private List<String> names(ResultSetMetaData columns) throws SQLException {
        List<String> names = new ArrayList<>();
        for (int i = 1; i <= columns.getColumnCount(); i++) {
            String name = columns.getColumnLabel(i);
            if (names.contains(name)) {
                throw StepFailure.user("column-twice", uses + ": " + in + ": two columns of the query are called '"
                        + name + "'; give them different names with AS");
            }
            names.add(name);
        }
        return names;
    }

    private static ObjectNode row(ResultSet found, List<String> names) throws SQLException {
        ObjectNode row = JsonNodeFactory.instance.objectNode();
        for (int i = 1; i <= names.size(); i++) {
            row.set(names.get(i - 1), value(found, i));
        }
        return row;
    }

    private static JsonNode value(ResultSet found, int column) throws SQLException {
        Object value = found.getObject(column);
        return switch (value) {
            case null -> NullNode.instance;
            case Boolean truth -> BooleanNode.valueOf(truth);
            case BigDecimal decimal -> DecimalNode.valueOf(decimal);
            case BigInteger whole -> BigIntegerNode.valueOf(whole);
            case Double number -> number(number);
            case Float number -> number(Double.parseDouble(number.toString()));
            case Number whole -> LongNode.valueOf(whole.longValue());
            case PGobject object when object.getType().startsWith("json") && object.getValue() != null ->
                Json.read(object.getValue(), JsonNode.class);
            default -> TextNode.valueOf(found.getString(column));
        };
    }

    /** JSON has no NaN, which is no value either, and no infinite numbers, which jq itself writes so. */
    private static JsonNode number(double number) {
        if (Double.isNaN(number)) {
            return NullNode.instance;
        }
        return DecimalNode.valueOf(BigDecimal.valueOf(Double.isInfinite(number)
                ? Math.copySign(Double.MAX_VALUE, number)
                : number));
    }
}
