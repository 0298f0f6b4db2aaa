package dev.godwit.run;

import java.util.Optional;

/**
 * What a run answers to a message that came as an update.
 *
 * @param text what it does now, for people
 * @param rollback to {@code rollback}: what it undoes and what could be lost
 */
public record Answer(String text, Optional<RollbackPreview> rollback) {}
