package dev.godwit.activities.resource;

/**
 * One process, for ever: a pid alone is used again by others, so it counts only together with when the process started and
 * since which boot.
 *
 * @param pid the process id
 * @param started when it started: clock ticks since boot on Linux, a date and time elsewhere
 * @param bootId of the boot it belongs to; empty where {@code started} is a date
 * @param command as the process table shows it, for people
 */
public record ProcessIdentity(long pid, String started, String bootId, String command) {

    private static final int LONGEST_COMMAND = 200;

    /** Whether both are the same process; the command may change during its life. */
    public boolean same(ProcessIdentity other) {
        return pid == other.pid && started.equals(other.started) && bootId.equals(other.bootId);
    }

    @Override
    public String toString() {
        String shown = command.length() <= LONGEST_COMMAND ? command : command.substring(0, LONGEST_COMMAND) + "...";
        return "pid " + pid + (shown.isEmpty() ? "" : " (" + shown + ")");
    }
}
