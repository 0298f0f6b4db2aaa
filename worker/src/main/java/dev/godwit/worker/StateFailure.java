package dev.godwit.worker;

import io.temporal.failure.ApplicationErrorCategory;
import io.temporal.failure.ApplicationFailure;
import java.io.IOException;
import java.nio.file.FileSystemException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state directory cannot be read or written: its disk is full, say. A run waits until somebody mends that, because it
 * must neither begin without its plan kept nor end without its report.
 */
final class StateFailure {
    private static final Logger LOG = LoggerFactory.getLogger(StateFailure.class);
    private static final String TYPE = "external/state-directory";

    private StateFailure() {}

    /**
     * The failure of an activity that is tried again.
     *
     * @param what what could not be done, on which object
     */
    static ApplicationFailure of(String what, IOException why) {
        String message = what + " (" + reason(why) + "); mend that: it is tried again until it succeeds";
        LOG.warn("{}", message);
        return ApplicationFailure.newBuilder()
                .setMessage(message)
                .setType(TYPE)
                .setCategory(ApplicationErrorCategory.BENIGN)
                .build();
    }

    /** The message of some is nothing but the file's name. */
    private static String reason(IOException why) {
        return why instanceof FileSystemException failed && failed.getReason() != null
                ? failed.getMessage()
                : why.toString();
    }
}
