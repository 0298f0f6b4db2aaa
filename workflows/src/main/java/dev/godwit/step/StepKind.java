package dev.godwit.step;

/** What a step changes; a partial rollback ({@code --only KIND}) selects by it. */
public enum StepKind {
    CHECK, BACKUP, FILES, DATABASE, CONFIG, DEPLOYMENT, TRAFFIC, MEASUREMENT, NOTIFICATION
}
