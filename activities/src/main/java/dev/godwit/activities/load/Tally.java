package dev.godwit.activities.load;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/** What users saw of a service. Of a size that does not grow with the number of requests; not for several threads. */
public final class Tally {
    private static final long LONGEST_MICROS = Duration.ofHours(1).toNanos() / 1_000;
    private static final int DIGITS = 3;
    private static final int MOST_KINDS = 20;

    private final Histogram[] micros;
    private final long[] failed;
    private final Map<String, Long> errors = new TreeMap<>();
    private long resent;
    private long rampRequests;
    private long rampFailed;
    private long unsent;
    private double throughput;

    /** @param requests how many different ones there are */
    public Tally(int requests) {
        micros = new Histogram[requests];
        for (int i = 0; i < requests; i++) {
            micros[i] = new Histogram(LONGEST_MICROS, DIGITS);
        }
        failed = new long[requests];
    }

    void good(int request, long nanos) {
        micros[request].recordValue(Math.clamp(nanos / 1_000, 0, LONGEST_MICROS));
    }

    void bad(int request, String kind, long times) {
        failed[request] += times;
        errors.merge(errors.size() < MOST_KINDS || errors.containsKey(kind) ? kind : "other", times, Long::sum);
    }

    /** Requests that were due, and for which no user was free before the end. */
    void unsent(long times) {
        unsent += times;
        errors.merge("unsent", times, Long::sum);
    }

    void ramp(boolean good) {
        rampRequests++;
        rampFailed += good ? 0 : 1;
    }

    void resent() {
        resent++;
    }

    void throughput(double perSecond) {
        throughput += perSecond;
    }

    /** Adds what other users saw, or the same at another time. */
    public void add(Tally other) {
        for (int i = 0; i < micros.length; i++) {
            micros[i].add(other.micros[i]);
            failed[i] += other.failed[i];
        }
        other.errors.forEach((kind, times) -> errors.merge(kind, times, Long::sum));
        unsent += other.unsent;
        resent += other.resent;
        rampRequests += other.rampRequests;
        rampFailed += other.rampFailed;
        throughput += other.throughput;
    }

    /** Times of good answers to one of the requests. */
    Histogram micros(int request) {
        return micros[request];
    }

    /** The times of each of the requests, in their order. */
    public List<Times> times(List<LoadRequest> requests) {
        return IntStream.range(0, requests.size())
                .mapToObj(i -> Times.of(requests.get(i).title(), micros[i], failed[i]))
                .toList();
    }

    /** The times of all of them. */
    public Times times() {
        return Times.of("all", micros(), failed());
    }

    /** Times of all good answers. */
    Histogram micros() {
        Histogram all = new Histogram(LONGEST_MICROS, DIGITS);
        for (Histogram one : micros) {
            all.add(one);
        }
        return all;
    }

    /** How many requests had no good answer. */
    public long failed() {
        long sum = unsent;
        for (long one : failed) {
            sum += one;
        }
        return sum;
    }

    /** How many requests were made, the failed ones included. */
    public long requests() {
        long sum = failed();
        for (Histogram one : micros) {
            sum += one.getTotalCount();
        }
        return sum;
    }

    /** The failed requests as a part of all, from 0 to 1. */
    public double errorRate() {
        return requests() == 0 ? 0 : Math.round(1e6 * failed() / requests()) / 1e6;
    }

    /** How many failed for which reason. */
    public Map<String, Long> errors() {
        return errors;
    }

    long resentRequests() {
        return resent;
    }

    long rampRequests() {
        return rampRequests;
    }

    long rampFailed() {
        return rampFailed;
    }

    /** Good answers a second. */
    public double throughput() {
        return Math.round(throughput * 1e3) / 1e3;
    }
}
