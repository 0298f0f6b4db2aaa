package dev.godwit.activities.tables.verify;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.resource.PostgresKind;
import dev.godwit.activities.resource.SqliteKind;
import dev.godwit.plan.Location;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.util.List;

/** Writes and deletes what differs, in batches, so that one side becomes like the other, and takes that back. */
public interface Repair {
    /** Looks at what was written, as it is read again, and refuses it before it is committed. */
    @FunctionalInterface
    interface Proof {
        /** Takes any row. */
        Proof NONE = (entry, written) -> {};

        /** @param written a row as an object by column, or a document */
        void require(RepairList.Entry entry, JsonNode written);
    }

    /**
     * What repairs a table.
     *
     * @param uses the step type, for its errors
     */
    static Repair of(String uses, Location table, RunContext context) throws Exception {
        return context.kindOf(table).equals("sqlite")
                ? new SqliteRepair(uses, context.writing(SqliteKind.class, table), context)
                : new PostgresRepair(uses, context.writing(PostgresKind.class, table), context);
    }

    /** Fences off earlier attempts, and says how far they came. */
    RepairCursor begin() throws Exception;

    /**
     * Writes and deletes what a list says.
     *
     * @param key the columns that name a row, in a table
     * @param keepsExtra whether what only this side has stays
     * @return how far the repair came, with what was done before
     */
    RepairCursor apply(List<String> key, RepairList list, boolean keepsExtra, Proof proof, Pace pace) throws Exception;

    /** Puts back what was replaced and deleted, and deletes what was inserted; what others made of it is set aside. */
    void undo() throws Exception;

    /** Removes what is remembered in the database. */
    void forget() throws Exception;

    /** Refuses to look for rows by nothing. */
    static void requireKey(String uses, Location table, List<String> key) {
        if (key.isEmpty()) {
            throw StepFailure.user("key-wanted", uses + ": " + table
                    + " cannot be repaired without a key; say 'key' with columns that name a row");
        }
    }
}
