package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Webhooks move from version 5 to version 6 and back while devices send: {@code examples/smart-parking/plan.yaml}. */
class SmartParkingIT {
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)]+)\\)");

    @TempDir
    private Path directory;

    private ParkingSystem parking;
    private Site site;

    @BeforeEach
    void system() throws Exception {
        parking = ParkingSystem.onThisMachine(directory.resolve("parking"));
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
    void no_uplink_is_lost_on_the_way_to_version_6_and_back_and_there_again_for_good() throws Exception {
        Answer there = site.begin(start()).await(10);
        assertThat(there.exit()).as(there.err()).isEqualTo(4);
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
