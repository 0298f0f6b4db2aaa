package dev.godwit.activities.tables.copy;

import dev.godwit.activities.tables.values.CopyBuffer;
import dev.godwit.activities.tables.values.UnfitValueException;
import dev.godwit.activities.tables.values.ValueCodec;
import java.util.List;
import java.util.stream.Collectors;

/** A row in the form of a binary COPY, read as what SQLite stores. */
final class StoredRow {
    private final StoragePlan plan;
    private final List<ValueCodec> codecs;
    private final int[] offsets;
    private byte[] bytes;
    private int end;

    StoredRow(StoragePlan plan) {
        this.plan = plan;
        this.codecs = plan.columns().stream().map(StoragePlan.Column::codec).toList();
        this.offsets = new int[codecs.size()];
    }

    /** Goes to a row, and answers where it ends. */
    int at(byte[] from, int offset) {
        bytes = from;
        end = offset + Short.BYTES;
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = end;
            end += Integer.BYTES + Math.max(0, CopyBuffer.intAt(bytes, end));
        }
        return end;
    }

    /** A value; null if it is null. */
    Object value(int column) throws UnfitValueException {
        int length = CopyBuffer.intAt(bytes, offsets[column]);
        if (length < 0) {
            if (plan.columns().get(column).required()) {
                throw new UnfitValueException("null is refused by the target's column or its primary key");
            }
            return null;
        }
        return codecs.get(column).stored(bytes, offsets[column] + Integer.BYTES, length);
    }

    /** The row for people: its key, or its first column. */
    String shown() {
        List<String> key = plan.key().isEmpty() ? List.of(plan.columns().get(0).name()) : plan.key();
        return key.stream().map(name -> name + " = " + shown(name)).collect(Collectors.joining(", "));
    }

    private String shown(String name) {
        for (int i = 0; i < offsets.length; i++) {
            if (plan.columns().get(i).name().equals(name)) {
                try {
                    String text = String.valueOf(value(i));
                    return text.length() > 60 ? text.substring(0, 57) + "..." : text;
                } catch (UnfitValueException e) {
                    return "?";
                }
            }
        }
        return "?";
    }
}
