package dev.godwit.run;

/** What a running step's heartbeat shows: for people only, nothing resumes from it. */
public record Progress(String step, long done, long total, String unit, double perSecond) {}
