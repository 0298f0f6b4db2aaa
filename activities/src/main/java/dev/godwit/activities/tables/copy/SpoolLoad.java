package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.LongStatement;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.resource.WritablePostgres;
import dev.godwit.activities.throttle.Throttle;
import dev.godwit.step.RunContext;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/** Writes the rows of a spool into PostgreSQL, exactly once: each batch and its place in the spool commit together. */
final class SpoolLoad {
    private static final String ROWS = "rows ";
    private static final String AFTER = "after";
    private static final String FOREIGN_KEYS = "foreign keys";
    private static final byte[] HEADER = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0, 0, 0, 0, 0,
            0, 0, 0, 0};
    private static final byte[] TRAILER = {(byte) 0xff, (byte) 0xff};

    private final CopyTable.Spec spec;
    private final RunContext context;
    private final WritablePostgres to;
    private final SpooledToPostgres.Read read;
    private final RowSpool spool;
    private final PostgresTarget target;
    private final String scope;
    private final Written written;

    /**
     * Where a part stands.
     *
     * @param offset of the first chunk in the spool that is not in the table
     * @param rows how many are in it
     */
    record Cursor(long offset, long rows) {}

    /**
     * How many rows the step has written, of how many; for progress only.
     *
     * @param rows all that were written yet
     * @param total all that there are
     */
    record Written(AtomicLong rows, long total) {
        Written(long total) {
            this(new AtomicLong(), total);
        }
    }

    SpoolLoad(CopyTable.Spec spec, RunContext context, WritablePostgres to, SpooledToPostgres.Read read,
            RowSpool spool) {
        this(spec, context, to, read, spool, "", new Written(read.rows()));
    }

    /** @param scope tells this table from the other ones of the step */
    SpoolLoad(CopyTable.Spec spec, RunContext context, WritablePostgres to, SpooledToPostgres.Read read,
            RowSpool spool, String scope, Written written) {
        this.spec = spec;
        this.context = context;
        this.to = to;
        this.read = read;
        this.spool = spool;
        this.target = new PostgresTarget(context, to);
        this.scope = scope;
        this.written = written;
    }

    /** Answers whether the table was made. */
    boolean run() throws Exception {
        target.begin();
        boolean made = rows();
        after();
        connect();
        return made;
    }

    /** Makes the table, or takes the one that is there, and fills it. Answers whether it was made. */
    boolean rows() throws Exception {
        PostgresTarget.Prepared prepared;
        try (Connection connection = to.openForWriting()) {
            prepared = target.prepare(connection, read.plan().table(), spec.schema(), spec.existing(),
                    () -> read.plan().create());
        }
        Throttle throttle = ReplicationLag.throttle(context, spec.rate(), spec.gate(), to);
        Together together = new Together();
        List<Together.Work> loads = new ArrayList<>();
        for (int i = 0; i < read.parts().size(); i++) {
            int part = i;
            if (read.parts().get(i) > 0) {
                loads.add(() -> load(part, prepared.name(), throttle, together));
            }
        }
        together.run(spec.partitions(), loads);
        return prepared.made();
    }

    private void load(int part, String table, Throttle throttle, Together together) throws Exception {
        String partition = ROWS + scope + part;
        try (Together.Session session = together.session(to.openForWriting())) {
            Connection connection = session.connection();
            Cursor cursor = target.journal()
                    .cursor(connection, partition, Cursor.class)
                    .orElse(new Cursor(0, 0));
            progress(cursor.rows());
            long total = read.parts().get(part);
            if (cursor.rows() == total) {
                session.done();
                return;
            }
            connection.setAutoCommit(false);
            try (RowSpool.Reader chunks = spool.read(part, cursor.offset())) {
                StagedRows staged = new StagedRows(read.plan());
                String into = read.plan().staged() ? staged.make(connection) : table;
                while (cursor.rows() < total) {
                    context.checkpoint();
                    throttle.pass(0);
                    long rows = copy(connection, chunks, into, total - cursor.rows(), throttle.portion(spec.batch()));
                    if (read.plan().staged()) {
                        staged.moveInto(connection, table);
                    }
                    cursor = new Cursor(chunks.offset(), cursor.rows() + rows);
                    target.commit(connection, partition, cursor);
                    context.advanced();
                    progress(rows);
                    throttle.pass(rows);
                }
            }
            connection.setAutoCommit(true);
            session.done();
        }
    }

    private void progress(long rows) {
        context.progress(written.rows().addAndGet(rows), written.total(), "rows");
    }

    /** Copies whole chunks until there are as many rows as are wanted, and answers how many there are. */
    private long copy(Connection connection, RowSpool.Reader chunks, String table, long left, int wanted)
            throws Exception {
        CopyIn copy = begin(connection, table, read.plan());
        try {
            long rows = 0;
            while (rows < Math.min(wanted, left) && chunks.next()) {
                copy.writeToCopy(chunks.bytes(), 0, chunks.length());
                rows += chunks.rows();
                context.checkpoint();
            }
            copy.writeToCopy(TRAILER, 0, TRAILER.length);
            copy.endCopy();
            return rows;
        } finally {
            if (copy.isActive()) {
                copy.cancelCopy();
            }
        }
    }

    /** Begins a binary COPY of the plan's columns. */
    static CopyIn begin(Connection connection, String table, LoadPlan plan) throws SQLException {
        String columns = String.join(", ",
                plan.columns().stream().map(column -> TableName.quoted(column.name())).toList());
        CopyIn copy = connection.unwrap(PGConnection.class)
                .getCopyAPI()
                .copyIn("COPY " + table + " (" + columns + ") FROM STDIN (FORMAT binary)");
        copy.writeToCopy(HEADER, 0, HEADER.length);
        return copy;
    }

    static void end(CopyIn copy) throws SQLException {
        copy.writeToCopy(TRAILER, 0, TRAILER.length);
        copy.endCopy();
    }

    /** Keys and indexes, each once, then sequences. */
    void after() throws Exception {
        try (Connection connection = to.openForWriting()) {
            execute(connection, AFTER + scope, read.plan().after());
            for (LoadPlan.Sequence sequence : read.plan().sequences()) {
                moveSequence(connection, sequence);
            }
        }
    }

    /** Foreign keys, once the tables that they lead to are there. */
    void connect() throws Exception {
        try (Connection connection = to.openForWriting()) {
            execute(connection, FOREIGN_KEYS + scope, read.plan().foreignKeys());
        }
    }

    private void execute(Connection connection, String name, List<String> statements) throws Exception {
        int done = target.journal().cursor(connection, name, Integer.class).orElse(0);
        for (int i = done; i < statements.size(); i++) {
            context.checkpoint();
            String statement = statements.get(i);
            connection.setAutoCommit(false);
            new LongStatement(to, context).run(connection, () -> {
                execute(connection, "SET LOCAL maintenance_work_mem = '256MB'");
                execute(connection, statement);
                return null;
            });
            target.commit(connection, name, i + 1);
            context.advanced();
            connection.setAutoCommit(true);
        }
    }

    private void moveSequence(Connection connection, LoadPlan.Sequence sequence) throws SQLException {
        TableName table = read.plan().table();
        Optional<String> feeding = SequenceMove.feeding(connection, table, sequence.column());
        if (feeding.isEmpty()) {
            return;
        }
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(
                        "SELECT max(" + TableName.quoted(sequence.column()) + ") FROM " + table.sql())) {
            found.next();
            long last = Math.max(found.getLong(1), sequence.least());
            if (last > 0) {
                SequenceMove.move(connection, target.journal(), feeding.get(), new SequenceMove.Place(last, true));
            }
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
