package dev.godwit.step;

import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * Why a step could not do its work: a code for programs, the kind, and one sentence for people that says what failed, on
 * which object, and what to do. Only a failure that says so is retried.
 */
public final class StepFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorKind kind;
    private final String code;
    private final boolean retryable;
    private final Duration delay;

    private StepFailure(ErrorKind kind, String code, String message, boolean retryable, Duration delay,
            Throwable cause) {
        super(message, cause);
        this.kind = Objects.requireNonNull(kind);
        this.code = Objects.requireNonNull(code);
        this.retryable = retryable;
        this.delay = delay;
    }

    /** The plan or its data is at fault; a retry cannot help. */
    public static StepFailure user(String code, String message) {
        return new StepFailure(ErrorKind.USER, code, message, false, null, null);
    }

    /** Another system failed; a retry may help. */
    public static StepFailure external(String code, String message) {
        return new StepFailure(ErrorKind.EXTERNAL, code, message, true, null, null);
    }

    /** Data is missing, doubled or different; a retry cannot help. */
    public static StepFailure integrity(String code, String message) {
        return new StepFailure(ErrorKind.INTEGRITY, code, message, false, null, null);
    }

    /** Godwit is at fault; a retry cannot help. */
    public static StepFailure internal(String code, String message) {
        return new StepFailure(ErrorKind.INTERNAL, code, message, false, null, null);
    }

    /** The same failure, with what caused it. */
    public StepFailure causedBy(Throwable cause) {
        return new StepFailure(kind, code, getMessage(), retryable, delay, cause);
    }

    /** The same failure in other words. */
    public StepFailure saying(String message) {
        return new StepFailure(kind, code, message, retryable, delay, getCause());
    }

    /** The same failure, for which a retry cannot help. */
    public StepFailure notRetryable() {
        return new StepFailure(kind, code, getMessage(), false, null, getCause());
    }

    /** The same failure, after which a retry waits for at least this long. */
    public StepFailure retriedAfter(Duration wait) {
        return new StepFailure(kind, code, getMessage(), retryable, wait, getCause());
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

    /** How long a retry waits, where the step's host has said so. */
    public Optional<Duration> delay() {
        return Optional.ofNullable(delay);
    }

    /** The type that Temporal shows: {@code user/file-unreadable}. */
    public String type() {
        return kind.name().toLowerCase(Locale.ROOT) + "/" + code;
    }
}
