package dev.godwit.activities.host;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a test needs of the machine. Where it is missing the test is skipped with a line that says what to install, or, with
 * {@code GODWIT_REQUIRE=all} as in CI, fails.
 */
public final class Needed {
    private static final boolean ALL = "all".equals(System.getenv("GODWIT_REQUIRE"));

    private static final String ENGINE = "the engine";
    /** What was there once stays there: asking takes longer than many a test. */
    private static final Set<String> SEEN = ConcurrentHashMap.newKeySet();

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

    /** Goes on only if a Docker engine answers that has these images. */
    public static void docker(String... images) {
        part(sees(ENGINE, "docker", "info") && List.of(images).stream().allMatch(Needed::hasImage),
                "a Docker engine, and on it " + (images.length == 0 ? "nothing" : String.join(", ", images))
                        + ": install docker.io, start dockerd, and say build/base-images");
    }

    private static boolean hasImage(String image) {
        return sees(image, "docker", "image", "inspect", image);
    }

    private static boolean sees(String part, String... command) {
        if (!SEEN.contains(part) && succeeds(command)) {
            SEEN.add(part);
        }
        return SEEN.contains(part);
    }

    private static boolean succeeds(String... command) {
        try {
            return new ProcessBuilder(command).redirectOutput(Redirect.DISCARD)
                    .redirectError(Redirect.DISCARD)
                    .start()
                    .waitFor() == 0;
        } catch (IOException e) {
            return false; // There is no such program.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
