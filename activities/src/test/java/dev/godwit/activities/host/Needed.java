package dev.godwit.activities.host;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * What a test needs of the machine. Where it is missing the test is skipped with a line that says what to install, or, with
 * {@code GODWIT_REQUIRE=all} as in CI, fails.
 */
public final class Needed {
    private static final boolean ALL = "all".equals(System.getenv("GODWIT_REQUIRE"));

    private Needed() {}

    /**
     * Goes on only if the part is there.
     *
     * @param present whether it is
     * @param what what it is and how to get it
     */
    public static void part(boolean present, String what) {
        if (!present && ALL) {
            fail("this test needs " + what + ", and GODWIT_REQUIRE=all forbids to leave it out");
        }
        if (!present) {
            System.err.println("skipped: this test needs " + what);
        }
        assumeTrue(present, what);
    }
}
