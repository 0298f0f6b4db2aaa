package dev.godwit.activities.probe;

import dev.godwit.json.Json;
import dev.godwit.step.Evidence;
import dev.godwit.step.Journal;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What a probe has seen. It outlives the worker in the step's journal; what happens without a worker counts as blind. */
final class ProbeRecord {
    /** How many failures are kept with their times; what comes after them is only counted. */
    static final int MOST_TOLD = 10_000;
    private static final String SEEN = "seen";
    private static final String FAILURES = "failures";
    private static final int FIRST = 10;
    private static final int LONGEST_WHY = 200;

    /**
     * As it is in the journal; times are those of the wall clock, for a successor may run on another machine.
     *
     * @param told how many failures were in the log then
     */
    private record Seen(long begun, long last, long told, ProbeHttp.Output output) {}

    /** A failure in the log, and among the evidence. */
    private record Told(Instant time, long at, String why) {}

    private final long begun;
    private long lastGood;
    private long requests;
    private long failed;
    private long longestGap;
    private long longestGapAt;
    private long blind;
    private long told;
    private final List<ProbeHttp.Missed> firstFailures = new ArrayList<>();
    private final List<Told> untold = new ArrayList<>();

    private ProbeRecord(long begun) {
        this.begun = begun;
        this.lastGood = System.currentTimeMillis();
    }

    static ProbeRecord resume(Journal journal) {
        long now = System.currentTimeMillis();
        return journal.read(SEEN, Seen.class).map(seen -> {
            ProbeRecord record = new ProbeRecord(seen.begun());
            record.requests = seen.output().requests();
            record.failed = seen.output().failed();
            record.longestGap = seen.output().longestGap();
            record.longestGapAt = seen.output().longestGapAt();
            record.blind = seen.output().blind() + Math.max(0, now - seen.last());
            record.firstFailures.addAll(seen.output().firstFailures());
            journal.scan(FAILURES, Told.class, one -> record.told++);
            // The log is written first, so that a worker that dies in between loses no failure.
            long uncounted = Math.max(0, record.told - seen.told());
            record.requests += uncounted;
            record.failed += uncounted;
            return record;
        }).orElseGet(() -> new ProbeRecord(now));
    }

    void remember(Journal journal) {
        List<Told> fresh;
        Seen seen;
        synchronized (this) {
            fresh = List.copyOf(untold);
            untold.clear();
            told += fresh.size();
            seen = new Seen(begun, System.currentTimeMillis(), told, output());
        }
        if (!fresh.isEmpty()) {
            journal.append(FAILURES, fresh);
        }
        journal.write(SEEN, seen);
    }

    /** Leaves all failures with their times as evidence. */
    void prove(Journal journal, Evidence evidence) throws IOException {
        try (OutputStream out = evidence.open("failures.jsonl")) {
            journal.scan(FAILURES, Told.class, one -> {
                try {
                    out.write((Json.write(one) + "\n").getBytes(StandardCharsets.UTF_8));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    synchronized void good() {
        long now = System.currentTimeMillis();
        requests++;
        endGap(now);
        lastGood = now;
    }

    synchronized void bad(String why) {
        requests++;
        failed++;
        long now = System.currentTimeMillis();
        String text = why.length() <= LONGEST_WHY ? why : why.substring(0, LONGEST_WHY) + "...";
        if (firstFailures.size() < FIRST) {
            firstFailures.add(new ProbeHttp.Missed(now - begun, text));
        }
        if (told + untold.size() < MOST_TOLD) {
            untold.add(new Told(Instant.ofEpochMilli(now), now - begun, text));
        }
    }

    /** For so many milliseconds nobody asked: a gap that was open when that began ends there. */
    synchronized void blind(long millis) {
        long now = System.currentTimeMillis();
        blind += millis;
        endGap(now - millis);
        lastGood = now;
    }

    private void endGap(long time) {
        if (time - lastGood > longestGap) {
            longestGap = time - lastGood;
            longestGapAt = lastGood - begun;
        }
    }

    synchronized long requests() {
        return requests;
    }

    /** A service that has stopped answering has a gap that lasts until now. */
    synchronized ProbeHttp.Output output() {
        long open = System.currentTimeMillis() - lastGood;
        boolean longest = open > longestGap;
        return new ProbeHttp.Output(requests, failed, longest ? open : longestGap,
                longest ? lastGood - begun : longestGapAt, blind, List.copyOf(firstFailures));
    }
}
