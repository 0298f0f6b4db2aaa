package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.LongStatement;
import dev.godwit.activities.database.PostgresFailures;
import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.resource.WritablePostgres;
import dev.godwit.activities.tables.copy.TableDefinition.Addition;
import dev.godwit.activities.tables.copy.TableDefinition.ForeignKey;
import dev.godwit.step.RunContext;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Adds to tables that have their rows what is cheaper to add then: indexes, several at once, constraints, foreign keys. */
final class TableFinish {
    /** For each index that is built; the server's own setting holds if it is larger. */
    private static final String MEMORY = "SELECT set_config('maintenance_work_mem',"
            + " greatest(262144, (SELECT setting::bigint FROM pg_settings WHERE name = 'maintenance_work_mem'))::text"
            + " || 'kB', true)";

    private final RunContext context;
    private final WritablePostgres to;
    private final PostgresTarget target;
    private final int workers;
    private final LongStatement statements;
    private final Together together = new Together();

    TableFinish(RunContext context, WritablePostgres to, PostgresTarget target, int workers) {
        this.context = context;
        this.to = to;
        this.target = target;
        this.workers = workers;
        this.statements = new LongStatement(to, context);
    }

    /**
     * Adds all that tables want, but not yet foreign keys.
     *
     * @param tables the tables with what they want, the one that takes longest first
     */
    void build(List<TableDefinition> tables) throws Exception {
        List<Together.Work> pieces = new ArrayList<>();
        for (TableDefinition table : tables) {
            table.indexes().forEach(index -> pieces.add(() -> add(List.of(index))));
        }
        together.run(workers, pieces);
        for (TableDefinition table : tables) {
            add(table.constraints());
        }
    }

    /**
     * Adds foreign keys; the server checks every row.
     *
     * @return those that were left out, since the table that they lead to is not in the target
     */
    List<String> connect(List<ForeignKey> keys) throws Exception {
        List<Addition> additions = new ArrayList<>();
        List<String> leftOut = new ArrayList<>();
        try (Connection connection = to.openForWriting()) {
            for (ForeignKey key : keys) {
                if (PostgresTable.find(connection, key.referenced()).isPresent()) {
                    additions.add(key.addition());
                } else {
                    leftOut.add(leftOut(key));
                }
            }
        }
        add(additions);
        return leftOut;
    }

    static String leftOut(ForeignKey key) {
        return key.addition().name() + " (there is no table " + key.referenced() + " in the target)";
    }

    /** Lets the server learn what it plans queries by. */
    void analyze(List<TableName> tables) throws Exception {
        add(tables.stream().map(table -> new Addition("statistics of " + table, "ANALYZE " + table.sql())).toList());
    }

    private void add(List<Addition> additions) throws Exception {
        if (additions.isEmpty()) {
            return;
        }
        Together.Session session = together.session(to.openForWriting());
        Connection connection = session.connection();
        try (session) {
            for (Addition addition : additions) {
                context.checkpoint();
                target.once(connection, addition.name(), () -> statements.run(connection, () -> {
                    try (Statement statement = connection.createStatement()) {
                        statement.execute(MEMORY);
                        return statement.execute(addition.sql());
                    } catch (SQLException e) {
                        throw PostgresFailures.translate(addition.name(), e);
                    }
                }));
            }
            session.done();
        }
    }
}
