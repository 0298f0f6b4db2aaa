package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.PostgresJournal;
import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds what {@link CopyDatabase} would do. */
final class DatabasePreview {
    private static final int LINES = 40;

    private final CopyDatabase.Spec spec;
    private final PreviewContext context;
    private final ReadablePostgres from;
    private final ReadablePostgres to;

    DatabasePreview(CopyDatabase.Spec spec, PreviewContext context, ReadablePostgres from, ReadablePostgres to) {
        this.spec = spec;
        this.context = context;
        this.from = from;
        this.to = to;
    }

    Preview<CopyDatabase.Output> find() throws SQLException {
        List<String> lines = new ArrayList<>();
        long rows = 0;
        long indexes = 0;
        try (Connection reader = from.open(); Connection there = to.open()) {
            reader.setAutoCommit(false);
            there.setAutoCommit(false);
            PostgresTarget.withFullNames(reader);
            PostgresTarget.withFullNames(there);
            requireSchemas(reader, spec.schemas());
            boolean begun = PostgresJournal.begun(there, context.identity());
            DatabaseDefinition definition = DatabaseDefinition.read(reader, spec.schemas(), spec::wants);
            for (Map.Entry<PostgresTable, TableDefinition> table : definition.tables().entrySet()) {
                PostgresTable source = table.getKey();
                Optional<PostgresTable> target = PostgresTable.find(there, source.name());
                if (!begun) {
                    PostgresTarget.refuse(there, source.name(), target, spec.schema(), spec.existing());
                }
                BoundValues.refuseThoseOfTheServer(reader, source, TableTransfer.columns(source, List.of()));
                if (target.isPresent()) {
                    TableTransfer.intoExisting(reader, source, target.get(), List.of(), false)
                            .requireSameTypes(reader, there, target.get());
                } else {
                    indexes += table.getValue().indexes().size();
                    lines.add("make the table " + source.name() + " and copy about " + Math.max(0, source.rows())
                            + " rows into it");
                }
                rows += Math.max(0, source.rows());
                table.getValue().leftOut().forEach(line -> lines.add("leave out " + line));
            }
            definition.types().forEach(type -> lines.add("make the " + type.name() + " unless it is there"));
            definition.sequences().values().forEach(sequence -> lines.add("make or move the " + sequence.name()));
            definition.views().forEach(view -> lines.add("make the " + view.name()));
            definition.leftOut().forEach(line -> lines.add("leave out " + line));
            Preview<CopyDatabase.Output> preview = Preview.<CopyDatabase.Output>withoutOutput()
                    .change("copy " + definition.tables().size() + " tables with about " + rows + " rows and " + indexes
                            + " indexes from " + from.address() + " to " + to.address());
            for (String line : lines.stream().limit(LINES).toList()) {
                preview = preview.change(line);
            }
            return lines.size() > LINES ? preview.change("and " + (lines.size() - LINES) + " more") : preview;
        }
    }

    static void requireSchemas(Connection reader, List<String> schemas) throws SQLException {
        try (PreparedStatement statement = reader
                .prepareStatement("SELECT string_agg(name, ', ') FROM unnest(?) AS name"
                        + " WHERE name NOT IN (SELECT nspname FROM pg_namespace)")) {
            statement.setArray(1, reader.createArrayOf("text", schemas.toArray()));
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                if (result.getString(1) != null) {
                    throw StepFailure.user("schema-missing",
                            "the source has no schema " + result.getString(1) + "; correct 'schemas'");
                }
            }
        }
    }
}
