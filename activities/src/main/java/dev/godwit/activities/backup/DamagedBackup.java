package dev.godwit.activities.backup;

import dev.godwit.step.StepFailure;

/**
 * Backups that are not what they were. Such a one is no use to anyone, so another takes its place. One that cannot be reached is
 * another matter: were it passed over, the wrong ones would be removed or restored.
 */
public final class DamagedBackup {
    private static final String CODE = "backup-damaged";

    private DamagedBackup() {}

    /**
     * A failure that says so.
     *
     * @param backup how people call it
     * @param what is not as it was
     */
    public static StepFailure of(String backup, String what) {
        return StepFailure.integrity(CODE, "the backup " + backup + " is damaged: " + what
                + "; use another backup, and find out what changed this one");
    }

    /** @throws StepFailure the given one, unless it says that a backup is damaged */
    public static void require(StepFailure failure) {
        if (!failure.code().equals(CODE)) {
            throw failure;
        }
    }
}
