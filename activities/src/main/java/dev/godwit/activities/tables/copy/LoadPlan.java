package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.TableName;
import dev.godwit.activities.tables.values.ServerCodec;
import dev.godwit.activities.tables.values.TypeMapping;
import dev.godwit.activities.tables.values.ValueCodec;
import java.util.List;

/**
 * What a copy into PostgreSQL through a {@link RowSpool} does, decided once, before anything is written.
 *
 * @param table the target table
 * @param columns the columns that are written, in the order in which rows have them
 * @param create the statements that make the table, if it is to be made
 * @param after the statements that follow the rows: keys and indexes
 * @param foreignKeys the statements that follow when the tables that they lead to are there
 * @param sequences which columns are fed by a sequence that is to be moved behind their values
 * @param leftOut what of the source's definition the target will not have
 */
record LoadPlan(TableName table, List<Column> columns, List<String> create, List<String> after,
        List<String> foreignKeys, List<Sequence> sequences, List<String> leftOut) {

    LoadPlan {
        columns = List.copyOf(columns);
        create = List.copyOf(create);
        after = List.copyOf(after);
        // A plan that an older build has written has none: there they stand among the others.
        foreignKeys = foreignKeys == null ? List.of() : List.copyOf(foreignKeys);
        sequences = List.copyOf(sequences);
        leftOut = List.copyOf(leftOut);
    }

    /**
     * A column.
     *
     * @param source its name in the source
     * @param name its name in the target
     * @param type its type in the target
     * @param required whether null is refused
     */
    record Column(String source, String name, String type, boolean required) {
        ValueCodec codec() {
            return TypeMapping.codec(type);
        }
    }

    /**
     * A column that a sequence feeds.
     *
     * @param column its name
     * @param least at least where the sequence is moved to
     */
    record Sequence(String column, long least) {}

    /** Whether some values can only be read by the server, so that rows go through a staging table. */
    boolean staged() {
        return columns.stream().map(Column::codec).anyMatch(ServerCodec.class::isInstance);
    }

    List<RowEncoder.Target> targets() {
        return columns.stream()
                .map(column -> new RowEncoder.Target(column.source(), column.codec(), column.required()))
                .toList();
    }
}
