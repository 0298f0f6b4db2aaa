package dev.godwit.workflow;

import dev.godwit.plan.Step;
import dev.godwit.run.LedgerEntry;
import dev.godwit.run.RollbackScope;
import dev.godwit.step.StepKind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which of a plan's steps rely on which: taking back a part of a run must not leave what makes no sense without that part.
 */
final class Reliance {
    private final Map<String, Map<String, String>> reliesOn = new HashMap<>();

    Reliance(List<Step> steps) {
        steps.forEach(step -> reliesOn.put(step.name(), step.reliesOn()));
    }

    /**
     * A step that would stay without what it relies on.
     *
     * @param entry the step
     * @param on what it relies on, which would be taken back
     * @param why what would not work
     */
    record Broken(LedgerEntry entry, String on, String why) {
        private String step() {
            return entry.task().identity().step();
        }

        @Override
        public String toString() {
            return step() + " (" + word(entry.kind()) + ") would stay, and relies on " + on + ": " + why;
        }
    }

    /** What would stay without what it relies on, if only the selected entries of a ledger were taken back. */
    List<Broken> broken(List<LedgerEntry> ledger, Collection<LedgerEntry> selected) {
        Set<String> takenBack = selected.stream().map(Reliance::name).collect(Collectors.toSet());
        List<Broken> broken = new ArrayList<>();
        for (LedgerEntry entry : ledger) {
            if (entry.undoable() && !takenBack.contains(name(entry))) {
                reliesOn.getOrDefault(name(entry), Map.of()).forEach((on, why) -> {
                    if (takenBack.contains(on)) {
                        broken.add(new Broken(entry, on, why));
                    }
                });
            }
        }
        return broken;
    }

    /** Why these entries cannot be taken back without others, and what to ask for instead; absent if they can. */
    Optional<String> refusal(List<LedgerEntry> ledger, List<LedgerEntry> selected, RollbackScope scope) {
        List<Broken> broken = broken(ledger, selected);
        if (broken.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of("that part cannot be taken back alone: "
                + broken.stream().map(Broken::toString).collect(Collectors.joining("; ")) + "; take back "
                + instead(ledger, selected, scope));
    }

    /** The selected entries, and all that would make no sense without them, in the order of the ledger. */
    List<LedgerEntry> whole(List<LedgerEntry> ledger, List<LedgerEntry> selected) {
        Set<LedgerEntry> whole = new LinkedHashSet<>(selected);
        List<Broken> broken = broken(ledger, whole);
        while (!broken.isEmpty()) {
            broken.forEach(each -> whole.add(each.entry()));
            broken = broken(ledger, whole);
        }
        return ledger.stream().filter(whole::contains).toList();
    }

    private String instead(List<LedgerEntry> ledger, List<LedgerEntry> selected, RollbackScope scope) {
        if (scope.only().isEmpty() || scope.to().isPresent()) {
            return "more, or everything";
        }
        Set<StepKind> kinds = new LinkedHashSet<>(scope.only());
        whole(ledger, selected).forEach(entry -> kinds.add(entry.kind()));
        return "--only " + kinds.stream().map(Reliance::word).collect(Collectors.joining(",")) + ", or everything";
    }

    private static String name(LedgerEntry entry) {
        return entry.task().identity().step();
    }

    private static String word(StepKind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }
}
