package dev.godwit.activities.tables.copy;

import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyOut;

/** Hands rows from one server to another as they are, in large pieces. */
final class RowPipe {
    private static final int PIECE = 1 << 16;
    private static final long PULSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final RunContext context;
    private final Connection source;
    private final Connection target;
    private final byte[] piece = new byte[PIECE];

    RowPipe(RunContext context, Connection source, Connection target) {
        this.context = context;
        this.source = source;
        this.target = target;
    }

    /**
     * Copies the rows of one statement. The caller commits.
     *
     * @return how many there were
     * @throws StepFailure if the target took fewer or more than the source gave
     */
    long copy(String fromSource, String toTarget) throws SQLException {
        CopyOut out = source.unwrap(PGConnection.class).getCopyAPI().copyOut(fromSource);
        CopyIn in = target.unwrap(PGConnection.class).getCopyAPI().copyIn(toTarget);
        long nextPulse = System.nanoTime() + PULSE_NANOS;
        int filled = 0;
        for (byte[] row = out.readFromCopy(); row != null; row = out.readFromCopy()) {
            if (filled + row.length > PIECE) {
                in.writeToCopy(piece, 0, filled);
                filled = 0;
                if (System.nanoTime() - nextPulse > 0) {
                    context.checkpoint();
                    nextPulse = System.nanoTime() + PULSE_NANOS;
                }
            }
            if (row.length > PIECE) {
                in.writeToCopy(row, 0, row.length);
            } else {
                System.arraycopy(row, 0, piece, filled, row.length);
                filled += row.length;
            }
        }
        in.writeToCopy(piece, 0, filled);
        long written = in.endCopy();
        long read = out.getHandledRowCount();
        if (written != read) {
            throw StepFailure.integrity("rows-lost", "the target took " + written + " of " + read
                    + " rows; is there a trigger or a rule on the table that leaves rows out?");
        }
        return written;
    }
}
