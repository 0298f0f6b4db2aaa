package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On-call changes the rate of a step that runs, on a real Temporal. */
class ThrottleIT {
    private static final int ROWS = 50_000;
    private static final String RUN = "slowly/plates";
    private static final String PLAN = """
            name: slowly
            target: plates
            resources:
              v1: {kind: directory, path: '%1$s/v1'}
              v2: {kind: sqlite, path: '%1$s/v2.db'}
            phases:
              - name: copy
                approval: {reason: it may begin}
                steps:
                  - name: plates
                    uses: copy.table
                    with: {from: 'v1:plates.csv', to: 'v2:plates', types: {number: integer, plate: text}}
            """;

    @Test
    void a_running_step_stands_still_goes_on_slowly_and_then_as_fast_as_it_can(@TempDir Path directory)
            throws Exception {
        Path plan = Files.writeString(directory.resolve("plan.yaml"), PLAN.formatted(directory));
        fill(Files.createDirectory(directory.resolve("v1")));
        DevServer temporal = DevServer.start(directory);
        try (Site site = new Site(directory, temporal)) {
            site.startWorker();
            Answer start = site.godwit("start", plan.toString(), "--detach");
            assertThat(start.exit()).as(start.err()).isZero();
            shows(site, "next      godwit approve");
            Answer still = site.godwit("throttle", RUN, "--rate", "0", "--by", "ada");
            assertThat(still.out()).as(still.err()).contains("throttles every step to a standstill");
            Until.seen("the site knows", () -> Files.exists(site.state().resolve("throttling")));

            site.godwit("approve", RUN);
            shows(site, "progress  plates: ", "; throttled to a standstill by ada",
                    "throttle  every step throttled to a standstill by ada", "next      godwit throttle " + RUN);

            // Two rows a second: what is owed for the first batch would not be paid off in this test.
            assertThat(site.godwit("throttle", RUN, "--rate", "2", "--step", "plates", "--by", "bo").exit()).isZero();
            shows(site, "; throttled to 2 rows a second by bo", "plates throttled to 2 a second by bo");

            assertThat(site.godwit("throttle", RUN, "--rate", "none").exit()).isZero();
            Answer end = site.godwit("watch", RUN);
            assertThat(end.exit()).as(end.err()).isZero();
            assertThat(count(directory.resolve("v2.db"))).isEqualTo(ROWS);
            assertThat(site.godwit("report", RUN).out()).contains("throttles every step to a standstill")
                    .contains("lets every step be as fast as the plan says");
        }
    }

    private static void shows(Site site, String... texts) throws Exception {
        for (String text : texts) {
            Until.seen("status shows: " + text, () -> site.godwit("status", RUN).out().contains(text));
        }
    }

    private static void fill(Path directory) throws IOException {
        Files.writeString(directory.resolve("plates.csv"), "number,plate\n" + IntStream.rangeClosed(1, ROWS)
                .mapToObj(number -> number + ",AB-" + number + "\n")
                .collect(Collectors.joining()));
    }

    private static int count(Path database) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT count(*) FROM plates")) {
            rows.next();
            return rows.getInt(1);
        }
    }
}
