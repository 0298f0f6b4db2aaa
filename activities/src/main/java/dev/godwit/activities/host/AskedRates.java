package dev.godwit.activities.host;

import dev.godwit.json.Json;
import dev.godwit.run.Throttling;
import dev.godwit.step.StepIdentity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The rate that on-call asks of a step, as the site's state has it: looked up anew a few times a second. */
final class AskedRates {
    private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final Path file;
    private final String step;
    private volatile Seen seen;

    AskedRates(SiteState state, StepIdentity step) {
        this.file = state.throttling(step.runId());
        this.step = step.step();
        this.seen = look();
    }

    /** The rate that holds now. */
    Optional<Throttling.Rate> current() {
        Seen last = seen;
        if (System.nanoTime() - last.nanos < LOOK_AGAIN_NANOS) {
            return last.rate;
        }
        Seen now = look();
        seen = now;
        return now.rate;
    }

    private Seen look() {
        return new Seen(System.nanoTime(), read(file).of(step));
    }

    static Throttling read(Path file) {
        try {
            return Json.read(Files.readString(file), Throttling.class);
        } catch (NoSuchFileException e) {
            return Throttling.NONE;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private record Seen(long nanos, Optional<Throttling.Rate> rate) {}
}
