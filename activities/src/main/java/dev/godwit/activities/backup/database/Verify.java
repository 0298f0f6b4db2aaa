package dev.godwit.activities.backup.database;

/** How a backup of a database is proved. */
public enum Verify {
    /** Every part is read back and compared with the inventory, and the tool that would restore it understands it. */
    INVENTORY,
    /** It is also restored into a scratch database, and that is compared with what was backed up. */
    RESTORE
}
