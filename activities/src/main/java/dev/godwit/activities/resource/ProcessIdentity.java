package dev.godwit.activities.resource;

/**
 * One process, for ever: a pid alone is used again by others, so it counts only together with when the process started and
 * since which boot.
 *
 * @param pid the process id
 * @param started when it started: clock ticks since boot on Linux, a date and time elsewhere
 * @param bootId of the boot it belongs to; empty where {@code started} is a date
 * @param command as the process table shows it, arguments included
 */
public record ProcessIdentity(long pid, String started, String bootId, String command) {
    /** Whether both are the same process; the command may change during its life. */
    public boolean same(ProcessIdentity other) {
        return pid == other.pid && started.equals(other.started) && bootId.equals(other.bootId);
    }

    /** The pid and the program, without its arguments: this goes into reports, and an argument may be a password. */
    @Override
    public String toString() {
        return "pid " + pid + (command.isEmpty() ? "" : " (" + command.split(" ", 2)[0] + ")");
    }
}
