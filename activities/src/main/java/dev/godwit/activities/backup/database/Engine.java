package dev.godwit.activities.backup.database;

/** What made a backup, and can read it. */
enum Engine { POSTGRES, SQLITE }
