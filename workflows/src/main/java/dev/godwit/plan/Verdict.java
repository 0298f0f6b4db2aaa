package dev.godwit.plan;

/** What a check that decides can say. Inconclusive never passes. */
public enum Verdict { PASSED, FAILED, INCONCLUSIVE }
