package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Webhooks move from version 5 to version 6 and back while devices send: {@code examples/smart-parking/plan.yaml}. */
class SmartParkingIT {
    private static final int RUNS = 10;
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)]+)\\)");

    @TempDir
    private Path directory;

    private ParkingSystem parking;
    private Site site;

    /** A system with so many uplinks a second, and a worker. */
    private void system(int rate, int devices) throws Exception {
        parking = ParkingSystem.onThisMachine(directory.resolve("parking"), rate, devices);
        site = new Site(directory, parking.known(Temporal.embedded()));
        site.startWorker();
    }

    @AfterEach
    void stop() throws Exception {
        if (site != null) {
            site.close();
        }
        if (parking != null) {
            parking.close();
        }
    }

    @Test
    @Tag("C1")
    @Tag("C2")
    @Tag("C3")
    @Tag("C4")
    @Tag("C5")
    @Tag("C6")
    @Tag("C7")
    @Tag("C8")
    @Tag("C9")
    @Tag("C10")
    void no_uplink_is_lost_on_the_way_to_version_6_and_back_and_there_again_for_good() throws Exception {
        system(50, 20);
        aDryRunChangesNothing();

        Answer there = site.begin(start()).await(10);
        assertThat(there.exit()).as(there.err()).isEqualTo(4);
        assertThat(there.covered()).containsExactlyInAnyOrder("C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9",
                "C10");
        assertThat(parking.containersWithAlias()).containsExactly(parking.version6());
        everyClaimIsProved();

        Answer preview = site.godwit("rollback", parking.workflowId(), "--preview");
        assertThat(preview.exit()).as(preview.err()).isZero();
        assertThat(preview.out() + preview.err()).contains("may lose  uplinks that version 6 has taken since");
        Answer back = site.godwit("rollback", parking.workflowId());
        assertThat(back.exit()).as(back.err()).isZero();
        Answer rolledBack = site.godwit("watch", parking.workflowId(), "--output", "json");
        assertThat(rolledBack.exit()).as(rolledBack.err()).isEqualTo(3);
        assertThat(parking.containersWithAlias()).containsExactly(parking.version5());
        assertThat(parking.docker("ps", "-a", "--format", "{{.Names}}")).doesNotContain(parking.version6());

        namesWhatVersion6Took(rolledBack);

        Answer again = site.begin(start()).await(10);
        assertThat(again.exit()).as(again.err()).isEqualTo(4);
        Answer finalized = site.godwit("finalize", parking.workflowId());
        assertThat(finalized.exit()).as(finalized.err()).isZero();
        Answer done = site.godwit("watch", parking.workflowId(), "--output", "json");
        assertThat(done.exit()).as(done.err()).isZero();
        assertThat(parking.docker("ps", "-a", "--format", "{{.Names}}")).contains(parking.version6())
                .doesNotContain(parking.version5());
        assertThat(parking.docker("images", "--format", "{{.Repository}}:{{.Tag}}")).contains(parking.name() + "-api:6")
                .doesNotContain(parking.name() + "-api:5");
        assertThat(done.step("archive_proved").get("output").get("name"))
                .isEqualTo(done.step("archive_v5").get("output").get("name"));
        assertThat(parking.file("backups/" + parking.name() + "-api-5.tar")).exists();
        assertThat(parking.docker("exec", "-u", "postgres", parking.name() + "-postgres", "psql", "-AXtc",
                "SELECT datname FROM pg_database")).contains("parking_v6").doesNotContain("parking_v5");

        // Version 5's frames are counted in the archive, which is restored for that.
        JsonNode account = parking.account();
        assertThat(account.get("failed").asInt()).as(account.toPrettyString()).isZero();
        assertThat(account.get("lost").asInt()).as(account.toPrettyString()).isZero();
        assertThat(account.get("unknown").asInt()).as(account.toPrettyString()).isZero();
        assertThat(account.get("only_in_v5").asInt()).isPositive();
        assertThat(account.get("only_in_v6").asInt()).isPositive();
    }

    /**
     * Ten runs in a row, each taken back, under the load that the requirement names. How long nobody was answered depends
     * on what else this machine does; it is told, and measured by {@code bench/p18.sh}.
     */
    @Test
    @EnabledIfSystemProperty(named = "godwit.long", matches = "true", disabledReason = "it takes long; say -Dgodwit.long=true")
    @Tag("C4")
    @Tag("C6")
    @Tag("C7")
    void ten_runs_in_a_row_under_200_uplinks_a_second_lose_none_and_go_back_within_10_seconds() throws Exception {
        system(200, 200);
        List<Duration> back = new ArrayList<>();
        for (int number = 1; number <= RUNS; number++) {
            Answer there = site.begin(start()).await(10);
            assertThat(there.exit()).as("run " + number + ": " + there.err()).isEqualTo(4);
            assertThat(parking.containersWithAlias()).containsExactly(parking.version6());
            String address = parking.address(parking.version6());

            Instant asked = Instant.now();
            Answer rollback = site.godwit("rollback", parking.workflowId());
            assertThat(rollback.exit()).as(rollback.err()).isZero();
            Answer rolledBack = site.begin(List.of("watch", parking.workflowId(), "--output", "json")).await(10);
            assertThat(rolledBack.exit()).as("run " + number + ": " + rolledBack.err()).isEqualTo(3);
            assertThat(parking.containersWithAlias()).containsExactly(parking.version5());
            back.add(parking.untilAnsweredElsewhere(address, asked));
        }

        JsonNode account = parking.account();
        System.out.printf(
                "%d runs: %s of %s uplinks failed, %s lost, longest gap %s ms; version 5 answered again after %s%n",
                RUNS, account.get("failed"), account.get("sent"), account.get("lost"), account.get("longest_gap_ms"),
                back);
        assertThat(account.get("failed").asInt()).as(account.toPrettyString()).isZero();
        assertThat(account.get("lost").asInt()).as(account.toPrettyString()).isZero();
        assertThat(account.get("in_neither").asInt()).as(account.toPrettyString()).isZero();
        assertThat(account.get("unknown").asInt()).as(account.toPrettyString()).isZero();
        assertThat(account.get("only_in_v6").asInt()).as(account.toPrettyString()).isPositive();
        assertThat(back).hasSize(RUNS).allSatisfy(time -> assertThat(time).isLessThan(Duration.ofSeconds(10)));
    }

    /** A failure at the end of any phase; after {@code watch} a person decides, which the tests above do. */
    @Test
    @EnabledIfSystemProperty(named = "godwit.long", matches = "true", disabledReason = "it takes long; say -Dgodwit.long=true")
    @Tag("C6")
    @Tag("C7")
    void whatever_phase_fails_version_5_serves_as_before_and_nothing_of_version_6_is_left() throws Exception {
        system(50, 20);
        List<String> before = seen();
        for (String phase : List.of("prepare", "database", "deploy", "cutover", "verify")) {
            Path failing = Files.writeString(directory.resolve(phase + ".yaml"),
                    FailingPlan.atTheEndOf(phase, Files.readString(ParkingSystem.EXAMPLE.resolve("plan.yaml")),
                            "source"));

            Answer answer = site.begin(parking.start(failing)).await(10);

            assertThat(answer.exit()).as(phase + ": " + answer.err()).isEqualTo(3);
            assertThat(answer.step(FailingPlan.STEP).get("state").asText()).as(phase).isEqualTo("failed");
            // Its volume stays, as every volume does: there may be frames in it.
            assertThat(seen()).as("after a failure of " + phase)
                    .filteredOn(line -> !line.equals(parking.name() + "-spool"))
                    .isEqualTo(before);
            parking.awaitServed();
        }
        JsonNode account = parking.account();
        assertThat(account.get("failed").asInt()).as(account.toPrettyString()).isZero();
        assertThat(account.get("lost").asInt()).as(account.toPrettyString()).isZero();
        assertThat(account.get("unknown").asInt()).as(account.toPrettyString()).isZero();
    }

    private void aDryRunChangesNothing() throws Exception {
        List<String> before = seen();
        List<String> dryRun = new ArrayList<>(start());
        dryRun.add("--dry-run");

        Answer answer = site.begin(dryRun).await(10);

        assertThat(answer.exit()).as(answer.err()).isZero();
        assertThat(answer.json().get("mode").asText()).isEqualTo("dry-run");
        assertThat(answer.step("alias").get("preview").toString()).contains("would move the alias api");
        assertThat(seen()).isEqualTo(before);
        assertThat(parking.file("backups")).isEmptyDirectory();
        assertThat(parking.file("reports")).isEmptyDirectory();
    }

    /** All of the system that a migration changes, apart from rows and backups. */
    private List<String> seen() throws Exception {
        List<String> seen = new ArrayList<>(parking.containersWithAlias());
        for (List<String> question : List.of(List.of("ps", "-a", "--format", "{{.Names}} {{.State}}"),
                List.of("images", "--format", "{{.Repository}}:{{.Tag}}"), List.of("volume", "ls", "-q"),
                List.of("network", "ls", "--format", "{{.Name}}"),
                List.of("exec", "-u", "postgres", parking.name() + "-postgres", "psql", "-AXtc",
                        "SELECT '" + parking.name() + " ' || datname FROM pg_database"))) {
            parking.docker(question.toArray(String[]::new))
                    .stream()
                    .filter(line -> line.startsWith(parking.name()))
                    .sorted()
                    .forEach(seen::add);
        }
        return seen;
    }

    /** The status report is sent with its evidence: every objective links there, and every link leads somewhere. */
    private void everyClaimIsProved() throws Exception {
        String report = Files.readString(parking.file("reports/STATUS.md"));
        assertThat(report).contains("0 lost", "58A0CB00001196F3").doesNotContain("null");
        List<String> links = LINK.matcher(report).results().map(link -> link.group(1)).toList();
        assertThat(links).hasSizeGreaterThan(20).allSatisfy(link -> {
            assertThat(link).as("relative, and below the report").startsWith("evidence/").doesNotContain("..");
            assertThat(parking.file("reports/" + link)).isNotEmptyFile();
        });
        for (String section : List.of("## Timeline", "## Objectives")) {
            String table = report.substring(report.indexOf(section)).split("\n## ")[0];
            List<String> claims = table.lines().filter(line -> line.matches("\\| [A-Z0-9].*")).toList();
            assertThat(claims).hasSizeGreaterThan(5).allMatch(claim -> LINK.matcher(claim).find());
        }
        JsonNode account = LicensePlate.json(parking.file("reports/evidence/account/output.json"));
        JsonNode counted = new ObjectMapper().readTree(account.get("last_line").asText());
        assertThat(report).contains(counted.get("failed").asInt() + " of " + counted.get("sent").asInt()
                + " uplinks failed");
        assertThat(LicensePlate.json(parking.file("reports/evidence/alias/switch.json")).toString())
                .contains(parking.version6() + " has joined the alias", parking.version5() + " has left the alias");
    }

    private void namesWhatVersion6Took(Answer rolledBack) throws Exception {
        JsonNode aside = rolledBack.step("left_in_v6").at("/undo/set_aside/0");
        assertThat(aside.get("what").asText()).matches("[0-9]+-uplinks-that-version-6-took.csv");
        List<String> lines = Files.readAllLines(Path.of(aside.get("where").asText()));
        assertThat(lines.size() - 1).isPositive().isEqualTo(Integer.parseInt(aside.get("what").asText().split("-")[0]));
        assertThat(lines.getFirst()).startsWith("received_at,dev_eui,f_cnt");
        JsonNode account = parking.account("--running");
        int twice = account.get("in_both").asInt();
        assertThat(lines.size() - 1).isBetween(account.get("only_in_v6").asInt(),
                account.get("only_in_v6").asInt() + twice);
    }

    private List<String> start() throws Exception {
        return parking.start(ParkingSystem.EXAMPLE.resolve("plan.yaml"));
    }
}
