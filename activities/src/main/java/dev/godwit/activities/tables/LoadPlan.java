package dev.godwit.activities.tables;

import java.util.List;

/**
 * What a copy into PostgreSQL through a {@link RowSpool} does, decided once, before anything is written.
 *
 * @param columns the columns that are written, in the order in which rows have them
 * @param create the statements that make the table, if it is to be made
 * @param after the statements that follow the rows: keys, indexes, sequences
 * @param leftOut what of the source's definition the target will not have
 */
record LoadPlan(List<Column> columns, List<String> create, List<String> after, List<String> leftOut) {

    LoadPlan {
        columns = List.copyOf(columns);
        create = List.copyOf(create);
        after = List.copyOf(after);
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
