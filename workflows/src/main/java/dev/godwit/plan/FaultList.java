package dev.godwit.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects the faults of one file, so that all of them are reported at once. */
final class FaultList {
    private final String file;
    private final List<Fault> faults = new ArrayList<>();

    FaultList(String file) {
        this.file = file;
    }

    void add(YamlTree.Position position, String message) {
        faults.add(new Fault(file, position.line(), position.column(), message));
    }

    /** Adds a fault that no line of the file is to blame for. */
    void add(String message) {
        faults.add(new Fault(file, 0, 0, message));
    }

    int size() {
        return faults.size();
    }

    boolean isEmpty() {
        return faults.isEmpty();
    }

    void throwIfAny() {
        if (!faults.isEmpty()) {
            throw new InvalidPlanException(sorted());
        }
    }

    /** In the order of the file, each only once: what an alias repeats is wrong in one place. */
    List<Fault> sorted() {
        return faults.stream()
                .distinct()
                .sorted(Comparator.comparingInt(Fault::line)
                        .thenComparingInt(Fault::column)
                        .thenComparing(Fault::message))
                .toList();
    }
}
