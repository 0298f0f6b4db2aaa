package dev.godwit.activities.files;

import dev.godwit.step.StepFailure;
import java.util.ArrayList;
import java.util.List;

/** What was looked for and is not there: counted, and the first of it named. */
final class Missing {
    private static final int NAMED = 10;

    private final String uses;
    private final String what;
    private final List<String> named = new ArrayList<>();
    private long count;

    /**
     * @param uses the step type
     * @param what what each of them is, after a number
     */
    Missing(String uses, String what) {
        this.uses = uses;
        this.what = what;
    }

    void add(String name) {
        count++;
        if (named.size() < NAMED) {
            named.add(name);
        }
    }

    long count() {
        return count;
    }

    List<String> named() {
        return named;
    }

    /** Fails if there is any, and the plan wants that. */
    void stopIf(WithoutOther policy) {
        if (policy == WithoutOther.STOP && count > 0) {
            throw StepFailure.integrity("without-other", uses + ": " + count + " " + what + ": "
                    + String.join(", ", named) + (count > named.size() ? " and more" : "")
                    + "; nothing was changed. Mend that, or let the plan report it");
        }
    }
}
