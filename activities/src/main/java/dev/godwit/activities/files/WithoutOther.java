package dev.godwit.activities.files;

/** What a step that brings rows and files together does about one without the other. */
public enum WithoutOther {
    /** The step fails before it changes anything, and names them. */
    STOP,
    /** It is left as it is, counted, and named in the evidence. */
    REPORT,
    /** A file is also moved to the directory {@code set-aside}. */
    SET_ASIDE;

    /** That rows without their other are not to be set aside. */
    static void requireStopOrReport(WithoutOther missing) {
        if (missing == SET_ASIDE) {
            throw new IllegalArgumentException("missing must be stop or report: there is no file to set aside");
        }
    }
}
