package dev.godwit.plan;

import java.util.List;
import java.util.stream.Collectors;

/** A plan with faults, all of them. */
public final class InvalidPlanException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<Fault> faults;

    public InvalidPlanException(List<Fault> faults) {
        super(faults.stream().map(Fault::toString).collect(Collectors.joining("\n")));
        this.faults = List.copyOf(faults);
    }

    /** In the order of the file; never empty. */
    public List<Fault> faults() {
        return faults;
    }
}
