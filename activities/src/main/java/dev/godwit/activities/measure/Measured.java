package dev.godwit.activities.measure;

import dev.godwit.activities.load.Tally;
import dev.godwit.activities.load.Times;
import dev.godwit.activities.throttle.Rate;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a service did under a load; times in milliseconds, of good answers.
 *
 * @param users how many asked at once
 * @param rate how often they asked together; absent where they asked as fast as answers came
 * @param requests how many were made, the failed ones included
 * @param failed how many had no good answer
 * @param errorRate the failed ones as a part of all, from 0 to 1
 * @param throughput good answers a second
 * @param times of all requests together
 * @param errors how many failed for which reason
 * @param rounds the same for each round
 * @param together equal where two services were measured in turn, round by round
 */
public record Measured(int users, Optional<Rate> rate, long requests, long failed, double errorRate,
        double throughput, Times times, Map<String, Long> errors, List<Round> rounds, Optional<String> together) {
    /**
     * One round; times in milliseconds.
     *
     * @param requests how many were made, the failed ones included
     * @param failed how many had no good answer
     * @param throughput good answers a second
     * @param mean of all times
     * @param p50 half of the answers were as fast as this or faster
     * @param p90 9 of 10 answers were
     * @param p95 19 of 20 answers were
     * @param p99 99 of 100 answers were
     */
    public record Round(long requests, long failed, double throughput, double mean, double p50, double p90, double p95,
            double p99) {
        static Round of(Tally tally) {
            Times times = tally.times();
            return new Round(times.requests(), times.failed(), tally.throughput(), times.mean(), times.p50(),
                    times.p90(), times.p95(), times.p99());
        }

        long good() {
            return requests - failed;
        }
    }
}
