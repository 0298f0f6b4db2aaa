package dev.godwit.run;

/** Whether a run does its work or only says what it would do. */
public enum Mode { RUN, DRY_RUN }
