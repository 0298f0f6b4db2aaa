package dev.godwit.worker;

/**
 * A moment in the doing or undoing of a step at which its worker is killed.
 *
 * @param step the step
 * @param verb {@code run} or {@code undo}
 * @param moment which moment
 */
record KillPoint(String step, String verb, Moment moment) {
    /**
     * A moment.
     *
     * @param kind what happens at it
     * @param number for a write, which one; for a time, how many milliseconds after the beginning
     */
    record Moment(Kind kind, int number) {
        static final Moment BEFORE = new Moment(Kind.BEFORE, 0);
        static final Moment AFTER = new Moment(Kind.AFTER, 0);
    }

    /** What happens at the moment. */
    enum Kind {
        /** Temporal has given the step to the worker, which has done nothing yet. */
        BEFORE,
        /** Right before or right after a write to the step's journal, or the check of its token before an act. */
        WRITE,
        /** Anything. */
        TIME,
        /** All is done, and Temporal does not know. */
        AFTER
    }

    /** As a line, or the name of a file. */
    @Override
    public String toString() {
        return step + "." + verb + "." + moment.kind + "." + moment.number;
    }

    static KillPoint parse(String text) {
        String[] parts = text.split("\\.");
        return new KillPoint(parts[0], parts[1], new Moment(Kind.valueOf(parts[2]), Integer.parseInt(parts[3])));
    }
}
