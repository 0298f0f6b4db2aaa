package dev.godwit.worker;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A plan with a step that always fails. */
final class FailingPlan {
    /** What that step is called. */
    static final String STEP = "fails_on_purpose";

    private FailingPlan() {}

    /**
     * The plan with such a step as the last one of a phase.
     *
     * @param plan the text of a plan whose phases are a list in lines
     * @param directory a resource of that plan
     */
    static String atTheEndOf(String phase, String plan, String directory) {
        Matcher found = Pattern.compile("(?ms)^  - name: " + phase + "$.*?(?=^  - name: |^[a-z])").matcher(plan);
        if (!found.find()) {
            throw new IllegalArgumentException("there is no phase " + phase);
        }
        String step = "      - {name: " + STEP + ", uses: check.command, retry: {attempts: 1}, with: {directory: "
                + directory + ", command: ['false']}}\n";
        return plan.substring(0, found.end()).stripTrailing() + "\n" + step + "\n" + plan.substring(found.end());
    }
}
