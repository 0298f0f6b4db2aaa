package dev.godwit.activities.drill;

import com.fasterxml.jackson.databind.node.BooleanNode;
import dev.godwit.activities.drill.DrillRestart.Check;
import dev.godwit.activities.resource.HttpService;
import dev.godwit.activities.resource.HttpService.Answer;
import dev.godwit.activities.resource.HttpService.Content;
import dev.godwit.json.Jq.JqException;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepStopped;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;

/** Makes a check again and again while something is done to what it checks. */
final class HealthWatch implements AutoCloseable {
    private static final Duration EVERY = Duration.ofMillis(100);
    private static final Duration ONE_CHECK = Duration.ofSeconds(5);

    private final Check check;
    private final HttpService service;
    private final Thread thread;
    private volatile boolean closed;

    private long checks;
    private long failed;
    private OptionalLong passingSince = OptionalLong.empty();
    private OptionalLong failingSince = OptionalLong.empty();
    private long lastPass;
    private long outage;
    private String lastAnswer = "it has not been asked yet";

    HealthWatch(Check check, HttpService service) {
        this.check = check;
        this.service = service;
        this.thread = Thread.ofVirtual().name("health-watch").start(this::watch);
    }

    /** Begins to count anew. */
    synchronized void restart() {
        checks = 0;
        failed = 0;
        outage = 0;
        failingSince = OptionalLong.empty();
    }

    /** Whether the last check has passed. */
    synchronized boolean passes() {
        return passingSince.isPresent();
    }

    /**
     * From when the check has passed, not counting what was before a moment; empty as long as that is not long enough.
     *
     * @param moment as {@link System#nanoTime} tells it
     */
    synchronized OptionalLong steadySince(long moment) {
        if (passingSince.isEmpty()) {
            return passingSince;
        }
        long since = Math.max(passingSince.getAsLong(), moment);
        return lastPass - since >= check.steady().toNanos() ? OptionalLong.of(since) : OptionalLong.empty();
    }

    synchronized double outageSeconds() {
        return Math.round(outage / 1e6) / 1e3;
    }

    synchronized long checks() {
        return checks;
    }

    synchronized long failed() {
        return failed;
    }

    /** Why it did not pass the last time that it did not. */
    synchronized String lastAnswer() {
        return lastAnswer;
    }

    private void watch() {
        while (!closed) {
            long began = System.nanoTime();
            Optional<String> objection = objection();
            if (!closed) {
                record(objection, System.nanoTime());
            }
            LockSupport.parkNanos(EVERY.toNanos() - (System.nanoTime() - began));
        }
    }

    private synchronized void record(Optional<String> objection, long now) {
        checks++;
        if (objection.isEmpty()) {
            lastPass = now;
            if (passingSince.isEmpty()) {
                passingSince = OptionalLong.of(now);
                failingSince.ifPresent(since -> outage = now - since);
            }
        } else {
            failed++;
            lastAnswer = objection.get();
            passingSince = OptionalLong.empty();
            failingSince = failingSince.isPresent() ? failingSince : OptionalLong.of(now);
        }
    }

    private Optional<String> objection() {
        try {
            Answer answer = service.get(check.path(), Content.KEPT, ONE_CHECK, this::requireOpen);
            if (!check.status().contains(answer.status())) {
                return Optional.of("status " + answer.status() + " instead of " + check.status());
            }
            return check.json().isEmpty() || check.json().get().one(answer.json(), Map.of()).equals(BooleanNode.TRUE)
                    ? Optional.empty()
                    : Optional.of("its content is not " + check.json().get());
        } catch (IOException | IllegalArgumentException | JqException | StepFailure | StepStopped e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new StepStopped("the drill is over");
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
