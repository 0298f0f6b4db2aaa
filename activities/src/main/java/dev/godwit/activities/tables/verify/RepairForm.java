package dev.godwit.activities.tables.verify;

import dev.godwit.activities.tables.values.StoredValue;
import dev.godwit.activities.tables.values.TypeMapping;
import dev.godwit.activities.tables.values.UnfitValueException;
import dev.godwit.activities.tables.values.ValueForm;
import dev.godwit.activities.tables.verify.Layout.Compared;
import dev.godwit.activities.tables.verify.Layout.Which;
import dev.godwit.step.StepFailure;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** How the rows that differ are written for who repairs the actual table. */
enum RepairForm {
    /** As PostgreSQL reads values. */
    POSTGRES {
        @Override
        String written(Compared column, String value, String shown) {
            return column.form() == ValueForm.BYTES ? "\\x" + shown : shown;
        }
    },
    /** As {@link StoredValue} has them. */
    SQLITE {
        @Override
        String written(Compared column, String value, String shown) throws UnfitValueException {
            return column.form() == ValueForm.STORED
                    ? value
                    : StoredValue
                            .text(StoredValue.of(TypeMapping.codec(column.type()),
                                    POSTGRES.written(column, value, shown)));
        }
    };

    /**
     * Writes a value that is not null.
     *
     * @param value the text by which it is compared
     * @param shown the text for people
     */
    abstract String written(Compared column, String value, String shown) throws UnfitValueException;

    /** What is to be done about a difference; at least one of the rows is there. */
    RepairList.Entry entry(Layout layout, String what, Optional<ComparedRow> expected, Optional<ComparedRow> actual) {
        Map<String, String> values = new LinkedHashMap<>();
        if (expected.isPresent()) {
            for (int i = 0; i < layout.columns().size(); i++) {
                values.put(layout.columns().get(i).name(Which.ACTUAL), written(layout, expected.get(), i));
            }
        }
        Map<String, String> key = new LinkedHashMap<>();
        for (int i : layout.key()) {
            key.put(layout.columns().get(i).name(Which.ACTUAL),
                    written(layout, expected.or(() -> actual).orElseThrow(), i));
        }
        return new RepairList.Entry(what, key, values, "");
    }

    private String written(Layout layout, ComparedRow row, int place) {
        Compared column = layout.columns().get(place);
        try {
            return row.values().get(place) == null
                    ? null
                    : written(column, row.values().get(place), row.shown().get(place));
        } catch (UnfitValueException e) {
            throw StepFailure.user("value-unfit", VerifyTable.USES + ": the row " + row.shownKey(layout)
                    + " cannot be repaired: column " + column.expected() + ": " + e.getMessage()
                    + "; mend it by hand, or leave the column out with 'ignore'").causedBy(e);
        }
    }
}
