package dev.godwit.activities.documents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.documents.Column.UnfitException;
import dev.godwit.step.StepFailure;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A declared column as a PostgreSQL table has it.
 *
 * @param column as it is declared
 * @param type as the catalog names it: int8, text, jsonb...
 */
record PostgresColumn(Column column, String type) {

    static PostgresColumn of(String uses, TableName table, Column column, PostgresTable.Column actual) {
        boolean fits = !actual.generated() && switch (column.type()) {
            case TEXT -> actual.type().equals("text") || actual.type().equals("character varying");
            case INTEGER -> actual.type().equals("smallint") || actual.type().equals("integer")
                    || actual.type().equals("bigint");
            case REAL -> actual.type().equals("double precision");
            case JSON -> actual.type().equals("json") || actual.type().equals("jsonb") || actual.type().equals("text");
        };
        if (!fits) {
            throw StepFailure.user("column-type", uses + ": the column " + column.name() + " of the table " + table
                    + " is " + (actual.generated() ? "generated" : actual.type())
                    + ", which may not hold what is declared as " + column.type().plan()
                    + " as it is; correct 'columns' or the table");
        }
        return new PostgresColumn(column, actual.typeName());
    }

    /** How a table that the load makes has the column. */
    static PostgresColumn made(Column column) {
        return new PostgresColumn(column, switch (column.type()) {
            case TEXT -> "text";
            case INTEGER -> "int8";
            case REAL -> "float8";
            case JSON -> "jsonb";
        });
    }

    /** The column as SQL declares it. */
    String definition() {
        return TableName.quoted(column.name()) + " " + type + (column.required() ? " NOT NULL" : "");
    }

    /** What the column is to hold for a JSON value: exactly this value, or nothing at all. */
    Object stored(JsonNode value) throws UnfitException {
        Object stored = column.stored(value);
        if (stored instanceof Long number) {
            requireRange(number);
        }
        if (stored instanceof String text) {
            boolean escaped = column.type() == Column.Type.JSON;
            // The type json keeps its text, in which the character is an escape.
            if (escaped ? type.equals("jsonb") && holdsNull(value) : text.indexOf('\0') >= 0) {
                throw new UnfitException("it holds the character U+0000, which PostgreSQL's " + type
                        + " cannot; take it out in the mapping"
                        + (escaped ? ", or make the table with a column of type json" : ""));
            }
        }
        return stored;
    }

    private void requireRange(long number) throws UnfitException {
        boolean fits = switch (type) {
            case "int2" -> number == (short) number;
            case "int4" -> number == (int) number;
            default -> true;
        };
        if (!fits) {
            throw new UnfitException(number + " does not fit the column's type " + type + "; widen the column");
        }
    }

    private static boolean holdsNull(JsonNode value) {
        if (value.isTextual()) {
            return value.textValue().indexOf('\0') >= 0;
        }
        for (var field : value.properties()) {
            if (field.getKey().indexOf('\0') >= 0) {
                return true;
            }
        }
        for (JsonNode child : value) {
            if (holdsNull(child)) {
                return true;
            }
        }
        return false;
    }

    /** Writes a value as binary COPY wants it. */
    void encode(Object value, DataOutputStream out) throws IOException {
        switch (value) {
            case null -> out.writeInt(-1);
            case Long number -> encodeInteger(number, out);
            case Double number -> {
                out.writeInt(8);
                out.writeDouble(number);
            }
            case String text -> {
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                boolean versioned = type.equals("jsonb");
                out.writeInt(bytes.length + (versioned ? 1 : 0));
                if (versioned) {
                    out.writeByte(1);
                }
                out.write(bytes);
            }
            default -> throw new IllegalArgumentException("no column holds a " + value.getClass());
        }
    }

    private void encodeInteger(long number, DataOutputStream out) throws IOException {
        switch (type) {
            case "int2" -> {
                out.writeInt(2);
                out.writeShort((int) number);
            }
            case "int4" -> {
                out.writeInt(4);
                out.writeInt((int) number);
            }
            default -> {
                out.writeInt(8);
                out.writeLong(number);
            }
        }
    }

    /** A row as binary COPY wants it. */
    static byte[] encode(List<PostgresColumn> columns, List<Object> values) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeShort(columns.size());
            for (int i = 0; i < columns.size(); i++) {
                columns.get(i).encode(values.get(i), out);
            }
        } catch (IOException e) {
            throw new IllegalStateException("memory cannot be written", e);
        }
        return bytes.toByteArray();
    }
}
