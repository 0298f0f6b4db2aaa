package dev.godwit.plan;

import java.time.Duration;
import java.util.Optional;

/**
 * What a person must approve before a phase begins.
 *
 * @param reason what approving means; may be empty
 * @param timeout how long the run waits; without an answer by then the phase counts as failed. Absent: for ever
 */
public record Approval(String reason, Optional<Duration> timeout) {}
