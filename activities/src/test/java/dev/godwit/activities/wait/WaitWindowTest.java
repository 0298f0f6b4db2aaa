package dev.godwit.activities.wait;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WaitWindowTest {
    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) {
            return new StepWorld(directory, "wait.window").spec("{opens: '02:00', closes: '04:00'}");
        }
    }

    @TempDir
    private Path temporary;

    /** 2026-03-01 and -29 are Sundays; on the latter, Berlin's clocks go from 02:00 to 03:00. */
    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', value = {
            "in it, 2026-03-01T02:30:00Z, {opens: '02:00'; closes: '04:00'}, 2026-03-01T02:00:00Z",
            "at its first moment, 2026-03-01T02:00:00Z, {opens: '02:00'; closes: '04:00'}, 2026-03-01T02:00:00Z",
            "at its end, 2026-03-01T04:00:00Z, {opens: '02:00'; closes: '04:00'}, 2026-03-02T02:00:00Z",
            "before it, 2026-03-01T01:59:59Z, {opens: '02:00'; closes: '04:00'}, 2026-03-01T02:00:00Z",
            "past midnight, 2026-03-02T01:00:00Z, {opens: '22:00'; closes: '04:00'}, 2026-03-01T22:00:00Z",
            "before midnight, 2026-03-01T23:00:00Z, {opens: '22:00'; closes: '04:00'}, 2026-03-01T22:00:00Z",
            "until midnight, 2026-03-01T23:59:59Z, {opens: '22:00'; closes: '00:00'}, 2026-03-01T22:00:00Z",
            "after midnight, 2026-03-02T00:00:00Z, {opens: '22:00'; closes: '00:00'}, 2026-03-02T22:00:00Z",
            "by other clocks, 2026-03-01T00:30:00Z, {opens: '01:00'; closes: '02:00'; zone: 'Europe/Berlin'}, 2026-03-01T01:00:00+01:00",
            "on another day, 2026-03-01T12:00:00Z, {opens: '02:00'; closes: '04:00'; days: ['friday']}, 2026-03-06T02:00:00Z",
            "a week later, 2026-03-01T12:00:00Z, {opens: '02:00'; closes: '04:00'; days: ['sunday']}, 2026-03-08T02:00:00Z",
            "opened on Saturday, 2026-03-01T03:00:00Z, {opens: '22:00'; closes: '04:00'; days: ['saturday']}, 2026-02-28T22:00:00Z",
            "opened on Sunday, 2026-03-01T03:00:00Z, {opens: '22:00'; closes: '04:00'; days: ['sunday']}, 2026-03-01T22:00:00Z",
            "in summer time, 2026-03-30T00:30:00Z, {opens: '02:00'; closes: '04:00'; zone: 'Europe/Berlin'}, 2026-03-30T02:00:00+02:00",
            "in an hour left out, 2026-03-29T00:30:00Z, {opens: '02:30'; closes: '03:00'; zone: 'Europe/Berlin'}, 2026-03-30T02:30:00+02:00"})
    void it_finds_the_window_that_is_open_or_else_the_next(String when, String now, String spec, String opened) {
        try (StepWorld world = new StepWorld(temporary.resolve("w"), "wait.window").spec(spec.replace(';', ','))) {
            Instant begun = Instant.parse(now);
            world.passes(Duration.between(world.clock(), begun));

            JsonNode output = world.run().output();

            Instant opens = Instant.from(java.time.OffsetDateTime.parse(opened));
            assertThat(output.get("opened").asText()).isEqualTo(opened);
            assertThat(world.clock()).as("how long it waited").isEqualTo(begun.isBefore(opens) ? opens : begun);
            assertThat(output.get("seconds").asLong()).isEqualTo(Duration.between(begun, world.clock()).toSeconds());
        }
    }

    @Test
    void a_run_that_comes_back_after_the_window_waits_for_the_next() {
        try (StepWorld world = new StepWorld(temporary.resolve("w"), "wait.window")
                .spec("{opens: '02:00', closes: '04:00', zone: 'Europe/Berlin'}")) {

            assertThat(world.runUntilItWaits().waits().orElseThrow().why())
                    .isEqualTo("until Monday 2026-03-02 02:00 Europe/Berlin");
            world.passes(Duration.ofHours(15));
            assertThat(world.runUntilItWaits().waits().orElseThrow().why())
                    .isEqualTo("until Tuesday 2026-03-03 02:00 Europe/Berlin");
        }
    }

    @Test
    void a_dry_run_says_when_it_would_open() {
        try (StepWorld world = new StepWorld(temporary.resolve("w"), "wait.window")) {
            assertThat(world.spec("{opens: '02:00', closes: '04:00'}").preview().changes())
                    .containsExactly("would wait until Monday 2026-03-02 02:00 UTC");
            assertThat(world.spec("{opens: '11:00', closes: '13:00'}").preview().changes())
                    .containsExactly("would not wait: the window is open until Sunday 2026-03-01 13:00 UTC");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "{opens: '2am', closes: '04:00'}|opens must be a time of day such as 02:00, and is '2am'",
            "{opens: '02:00', closes: '24:00'}|closes must be a time of day such as 02:00, and is '24:00'",
            "{opens: '02:00', closes: '02:00'}|a window that is always open need not be waited for",
            "{opens: '02:00', closes: '04:00', zone: 'Berlin'}|there is no time zone 'Berlin'; write one like",
            "{opens: '02:00', closes: '04:00', days: ['sontag']}|days[0] must be one of monday"}, quoteCharacter = '"')
    void a_window_that_cannot_be_is_explained(String spec, String message) {
        try (StepWorld world = new StepWorld(temporary.resolve("w"), "wait.window").spec(spec)) {
            assertThatThrownBy(world::run).hasMessageContaining(message);
        }
    }
}
