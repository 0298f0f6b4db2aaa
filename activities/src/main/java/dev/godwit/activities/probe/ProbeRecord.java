package dev.godwit.activities.probe;

import dev.godwit.step.Journal;
import java.util.ArrayList;
import java.util.List;

/** What a probe has seen. It outlives the worker in the step's journal; what happens without a worker counts as blind. */
final class ProbeRecord {
    private static final String SEEN = "seen";
    private static final int FIRST = 10;
    private static final int LONGEST_WHY = 200;

    /** As it is in the journal; times are those of the wall clock, for a successor may run on another machine. */
    private record Seen(long begun, long last, ProbeHttp.Output output) {}

    private final long begun;
    private long lastGood;
    private long requests;
    private long failed;
    private long longestGap;
    private long blind;
    private final List<ProbeHttp.Missed> firstFailures = new ArrayList<>();

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
            record.blind = seen.output().blind() + Math.max(0, now - seen.last());
            record.firstFailures.addAll(seen.output().firstFailures());
            return record;
        }).orElseGet(() -> new ProbeRecord(now));
    }

    void remember(Journal journal) {
        journal.write(SEEN, new Seen(begun, System.currentTimeMillis(), output()));
    }

    synchronized void good() {
        long now = System.currentTimeMillis();
        requests++;
        longestGap = Math.max(longestGap, now - lastGood);
        lastGood = now;
    }

    synchronized void bad(String why) {
        requests++;
        failed++;
        if (firstFailures.size() < FIRST) {
            firstFailures.add(new ProbeHttp.Missed(System.currentTimeMillis() - begun,
                    why.length() <= LONGEST_WHY ? why : why.substring(0, LONGEST_WHY) + "..."));
        }
    }

    synchronized long requests() {
        return requests;
    }

    /** A service that has stopped answering has a gap that lasts until now. */
    synchronized ProbeHttp.Output output() {
        long gap = Math.max(longestGap, System.currentTimeMillis() - lastGood);
        return new ProbeHttp.Output(requests, failed, gap, blind, List.copyOf(firstFailures));
    }
}
