package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How the rows of a table travel: which columns, and in which form.
 *
 * @param source the table that is read
 * @param target the table that is written
 * @param columns the columns that are copied, which have one name on both sides
 * @param binary whether values travel as the servers hold them, or as text
 * @param tree whether the rows of the source's partitions and of tables that inherit from it are copied too
 */
record TableTransfer(PostgresTable source, TableName target, List<String> columns, boolean binary, boolean tree) {

    /** What a text form says exactly and a wider type takes exactly. */
    private static final Map<String, Set<String>> WIDER = Map.of("int2", Set.of("int4", "int8", "numeric"), "int4",
            Set.of("int8", "numeric"), "int8", Set.of("numeric"), "varchar", Set.of("text", "varchar"), "text",
            Set.of("varchar"), "numeric", Set.of("numeric"), "name", Set.of("text", "varchar"), "uuid",
            Set.of("text", "varchar"), "cidr", Set.of("inet"));

    /** The columns to copy: those asked for, or all that can be written. */
    static List<String> columns(PostgresTable source, List<String> asked) {
        List<String> writable = source.writableColumns().stream().map(PostgresTable.Column::name).toList();
        for (String name : asked) {
            if (!writable.contains(name)) {
                throw StepFailure.user("column-missing", source.name() + " has no column " + name
                        + " that can be copied; correct 'columns'");
            }
        }
        return asked.isEmpty() ? writable : asked;
    }

    /**
     * Into a table that is there.
     *
     * @param connection a session with the source
     * @throws StepFailure naming every column that the table cannot take as it is
     */
    static TableTransfer intoExisting(Connection connection, PostgresTable source, PostgresTable target,
            List<String> asked, boolean tree) throws SQLException {
        List<String> columns = columns(source, asked);
        Map<String, PostgresTable.Column> sources = byName(source);
        Map<String, PostgresTable.Column> targets = byName(target);
        List<String> faults = new ArrayList<>();
        boolean same = true;
        for (String name : columns) {
            PostgresTable.Column from = sources.get(name);
            PostgresTable.Column to = targets.get(name);
            if (to == null) {
                faults.add("it has no column " + name);
            } else if (to.generated()) {
                faults.add("its column " + name + " is generated, so nothing can be written to it; leave it out of"
                        + " 'columns'");
            } else if (!takes(from, to)) {
                faults.add("its column " + name + " is " + to.type() + ", which cannot hold every value of "
                        + from.type() + " exactly");
            } else {
                same &= from.type().equals(to.type()) || from.typeName().equals(to.typeName());
            }
        }
        for (PostgresTable.Column to : target.columns()) {
            if (!columns.contains(to.name()) && to.required() && !to.generated() && to.identity().isBlank()
                    && to.defaultExpression().isEmpty()) {
                faults.add("its column " + to.name() + " refuses null, has no default and is not copied");
            }
        }
        if (!faults.isEmpty()) {
            throw StepFailure.user("columns-differ", "the table " + target.name() + " cannot take the rows of "
                    + source.name() + ": " + String.join("; ", faults));
        }
        return new TableTransfer(source, target.name(), columns,
                same && SourceTypes.of(connection, source).portable(columns), tree);
    }

    /**
     * Refuses a table whose types have the names of the source's and are not the same.
     *
     * @param reader a session with the source
     * @param writer a session with the target; the search path of both is empty
     * @param there the table that is written
     */
    void requireSameTypes(Connection reader, Connection writer, PostgresTable there) throws SQLException {
        Map<String, PostgresTable.Column> targets = byName(there);
        Map<String, PostgresTable.Column> sources = byName(source);
        SourceTypes.of(reader, source)
                .requireSame(writer, columns.stream()
                        .filter(column -> targets.get(column).type().equals(sources.get(column).type()))
                        .toList());
    }

    /** The statement that reads some pages. */
    String read(SourceHeap heap, long from, long to) {
        return "COPY (SELECT " + columnList() + " FROM " + (heap.pages().isPresent() ? "ONLY " : "") + heap.name()
                + " WHERE " + PageRange.condition(heap, from, to) + ") TO STDOUT (FORMAT " + form() + ")";
    }

    /** The statement that writes rows. */
    String write() {
        return "COPY " + target.sql() + (columns.isEmpty() ? "" : " (" + columnList() + ")") + " FROM STDIN (FORMAT "
                + form() + ")";
    }

    private String form() {
        return binary ? "binary" : "text";
    }

    private String columnList() {
        return columns.stream().map(TableName::quoted).collect(Collectors.joining(", "));
    }

    private static Map<String, PostgresTable.Column> byName(PostgresTable table) {
        return table.columns().stream().collect(Collectors.toMap(PostgresTable.Column::name, Function.identity()));
    }

    private static boolean takes(PostgresTable.Column from, PostgresTable.Column to) {
        if (from.type().equals(to.type())) {
            return true;
        }
        boolean limited = to.type().contains("(") || to.typeName().equals("interval") && !to.type().equals("interval");
        return from.typeName().equals(to.typeName()) && !limited && from.sort() == 'b'
                || WIDER.getOrDefault(from.typeName(), Set.of()).contains(to.typeName())
                        && (!limited || wide(from.type()) <= wide(to.type()) && !to.typeName().equals("numeric"));
    }

    /** How many characters a type takes. */
    private static int wide(String type) {
        String digits = type.replaceAll("\\D", "");
        return digits.isEmpty() || digits.length() > 9 ? Integer.MAX_VALUE : Integer.parseInt(digits);
    }
}
