package dev.godwit.worker;

/** The exit codes of {@code godwit}. */
final class ExitCodes {
    static final int DONE = 0;
    static final int FAILED = 1;
    static final int INVALID = 2;
    static final int UNREACHABLE = 5;

    private ExitCodes() {}
}
