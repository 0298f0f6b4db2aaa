package dev.godwit.starter;

import dev.godwit.report.Words;
import dev.godwit.run.Progress;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** Progress in words: {@code 512 of 1200 documents (42 %), 121/s, done in about 6s}. */
final class ProgressLine {
    private ProgressLine() {}

    static String of(Progress progress) {
        StringBuilder line = new StringBuilder().append(progress.done());
        if (progress.total() > 0) {
            line.append(" of ").append(progress.total());
        }
        if (progress.unit() != null && !progress.unit().isEmpty()) {
            line.append(' ').append(progress.unit());
        }
        if (progress.total() > 0) {
            line.append(" (").append(100 * progress.done() / progress.total()).append(" %)");
        }
        if (progress.perSecond() > 0) {
            line.append(String.format(Locale.ROOT, progress.perSecond() < 10 ? ", %.1f/s" : ", %.0f/s",
                    progress.perSecond()));
            left(progress).ifPresent(left -> line.append(", done in about ").append(Words.of(left)));
        }
        if (!progress.slowedBy().isEmpty()) {
            line.append("; ").append(progress.slowedBy());
        }
        return line.toString();
    }

    private static Optional<Duration> left(Progress progress) {
        long missing = progress.total() - progress.done();
        return missing <= 0 || progress.perSecond() <= 0
                ? Optional.empty()
                : Optional.of(Duration.ofSeconds((long) Math.ceil(missing / progress.perSecond())));
    }
}
