package dev.godwit.starter;

import dev.godwit.report.Words;
import dev.godwit.run.RollbackPreview;
import dev.godwit.run.RollbackPreview.Undo;
import java.util.List;

/** What a rollback does, for people: first what could be lost. */
final class RollbackText {
    private RollbackText() {}

    /** Lines with two spaces before them. */
    static String of(RollbackPreview rollback) {
        StringBuilder text = new StringBuilder();
        List<Undo> losing = rollback.undo().stream().filter(undo -> undo.loses().isPresent()).toList();
        losing.forEach(undo -> text.append("\n  may lose  ")
                .append(undo.loses().orElseThrow())
                .append(" (undo of ")
                .append(undo.step())
                .append(')'));
        for (Undo undo : rollback.undo()) {
            text.append("\n  undo      ")
                    .append(undo.step())
                    .append(" (")
                    .append(undo.uses())
                    .append(", ")
                    .append(Words.of(undo.kind()))
                    .append(", phase ")
                    .append(undo.phase())
                    .append(')')
                    .append(undo.leftOut() ? ": left out, a later undo stops it again" : "");
        }
        if (rollback.undo().isEmpty()) {
            text.append("\n  undo      nothing");
        }
        if (!rollback.keeps().isEmpty()) {
            text.append("\n  keep      ").append(String.join(", ", rollback.keeps()));
        }
        if (losing.isEmpty()) {
            text.append("\n  nothing that others wrote can be lost");
        }
        return text.toString();
    }
}
