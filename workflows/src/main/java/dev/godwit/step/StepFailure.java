package dev.godwit.step;

import java.util.Locale;
import java.util.Objects;

/**
 * Why a step could not do its work: a code for programs, the kind, and one sentence for people that says what failed, on
 * which object, and what to do. Only a failure that says so is retried.
 */
public final class StepFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorKind kind;
    private final String code;
    private final boolean retryable;

    private StepFailure(ErrorKind kind, String code, String message, boolean retryable, Throwable cause) {
        super(message, cause);
        this.kind = Objects.requireNonNull(kind);
        this.code = Objects.requireNonNull(code);
        this.retryable = retryable;
    }

    /** The plan or its data is at fault; a retry cannot help. */
    public static StepFailure user(String code, String message) {
        return new StepFailure(ErrorKind.USER, code, message, false, null);
    }

    /** Another system failed; a retry may help. */
    public static StepFailure external(String code, String message) {
        return new StepFailure(ErrorKind.EXTERNAL, code, message, true, null);
    }

    /** Data is missing, doubled or different; a retry cannot help. */
    public static StepFailure integrity(String code, String message) {
        return new StepFailure(ErrorKind.INTEGRITY, code, message, false, null);
    }

    /** Godwit is at fault; a retry cannot help. */
    public static StepFailure internal(String code, String message) {
        return new StepFailure(ErrorKind.INTERNAL, code, message, false, null);
    }

    /** The same failure, with what caused it. */
    public StepFailure causedBy(Throwable cause) {
        return new StepFailure(kind, code, getMessage(), retryable, cause);
    }

    /** The same failure, for which a retry cannot help. */
    public StepFailure notRetryable() {
        return new StepFailure(kind, code, getMessage(), false, getCause());
    }

    public ErrorKind kind() {
        return kind;
    }

    /** A stable name, such as {@code file-unreadable}. */
    public String code() {
        return code;
    }

    public boolean retryable() {
        return retryable;
    }

    /** The type that Temporal shows: {@code user/file-unreadable}. */
    public String type() {
        return kind.name().toLowerCase(Locale.ROOT) + "/" + code;
    }
}
