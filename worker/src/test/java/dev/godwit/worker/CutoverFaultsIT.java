package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.Rotation;
import dev.godwit.worker.KillPoint.Kind;
import dev.godwit.worker.KillPoint.Moment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The cutover of {@code examples/smart-parking} while something dies: the worker, the new version, or the Docker engine,
 * before the alias moves, while it does, and after it. In the end one side serves, and whatever was acknowledged is in one
 * of the databases.
 *
 * <p>In the short form some moments are tried, and which ones moves on every day; {@code -Dgodwit.rotation=N} repeats one.
 */
class CutoverFaultsIT {
    /** How many writes and checks there are at its journal when the alias moves; one that never comes is at the end. */
    private static final int WRITES = 16;
    private static final String STEP = "alias";
    /** As the plan has it: where version 6 is dead for good, so many are waited for in vain. */
    private static final int ATTEMPTS = 5;
    /** Nobody reaches a published port while the engine restarts. */
    private static final int ATTEMPTS_OVER_A_RESTART = 60;

    @TempDir
    private Path directory;

    @Test
    @Tag("C4")
    @Tag("C6")
    @Tag("C7")
    void whoever_dies_while_the_alias_moves_one_side_serves_and_nothing_acknowledged_is_lost() throws Exception {
        try (ParkingSystem parking = ParkingSystem.onThisMachine(directory.resolve("parking"));
                Cutovers cutovers = new Cutovers(parking, directory, ATTEMPTS)) {
            List<KillPoint> there = points("run", Rotation.LONG ? WRITES : 1);
            List<KillPoint> back = points("undo", Rotation.LONG ? WRITES : 1);
            cutovers.wants(Rotation.LONG ? there : there.subList(1, there.size()));
            cutovers.there();
            cutovers.wants(Rotation.LONG ? back : back.subList(1, 2));
            cutovers.back();
            assertThat(cutovers.killedWorkers()).isEqualTo(Rotation.LONG ? there.size() + back.size() : 3);
            JsonNode account = parking.account("--running");
            assertThat(account.get("failed").asInt()).as(account.toPrettyString()).isZero();
            assertThat(account.get("lost").asInt()).as(account.toPrettyString()).isZero();

            cutovers.instead("docker kill " + parking.version6());
            for (KillPoint moment : Rotation.LONG ? there : List.of(there.get(Rotation.NUMBER % there.size()))) {
                cutovers.wants(List.of(moment));
                cutovers.failsAndVersion5Serves();
            }
            for (KillPoint moment : Rotation.LONG ? back : List.<KillPoint>of()) {
                cutovers.there();
                cutovers.wants(List.of(moment));
                cutovers.back();
            }
            accountedFor(parking);
        }
    }

    /** {@code -Dgodwit.rounds=N} tries fewer moments. */
    @Test
    @EnabledIfSystemProperty(named = "godwit.long", matches = "true", disabledReason = "it takes long; say -Dgodwit.long=true")
    @Tag("C4")
    @Tag("C6")
    @Tag("C7")
    void a_restart_of_the_engine_while_the_alias_moves_keeps_neither_way_from_its_end() throws Exception {
        try (OwnEngine engine = new OwnEngine(ParkingSystem.IMAGES);
                ParkingSystem parking = new ParkingSystem(directory.resolve("parking"), engine.environment());
                Cutovers cutovers = new Cutovers(parking, directory, ATTEMPTS_OVER_A_RESTART)) {
            cutovers.instead("sh " + engine.restart());
            List<KillPoint> there = points("run", WRITES);
            List<KillPoint> back = points("undo", WRITES);
            int rounds = Integer.getInteger("godwit.rounds", Math.max(there.size(), back.size()));
            for (int i = Rotation.NUMBER; i < Rotation.NUMBER + rounds; i++) {
                cutovers.wants(List.of(there.get(i % there.size())));
                cutovers.there();
                cutovers.wants(List.of(back.get(i % back.size())));
                cutovers.back();
            }
            assertThat(engine.starts()).isGreaterThan(2);
            accountedFor(parking);
        }
    }

    /** Before, at some writes, after. */
    private static List<KillPoint> points(String verb, int writes) {
        Stream<Moment> some = writes == WRITES
                ? IntStream.rangeClosed(1, WRITES).mapToObj(number -> new Moment(Kind.WRITE, number))
                : IntStream.range(0, writes).mapToObj(i -> new Moment(Kind.WRITE, 1 + (Rotation.NUMBER + i) % WRITES));
        return Stream.of(Stream.of(Moment.BEFORE), some, Stream.of(Moment.AFTER))
                .flatMap(moments -> moments)
                .map(moment -> new KillPoint(STEP, verb, moment))
                .toList();
    }

    private static void accountedFor(ParkingSystem parking) throws Exception {
        JsonNode account = parking.account();
        assertThat(account.get("lost").asInt()).as(account.toPrettyString()).isZero();
        assertThat(account.get("unknown").asInt()).as(account.toPrettyString()).isZero();
        assertThat(account.get("acknowledged").asInt()).isPositive();
        assertThat(account.get("only_in_v6").asInt()).isPositive();
    }

    /** The plan's deployment and cutover, again and again. */
    private static final class Cutovers implements AutoCloseable {
        private final ParkingSystem parking;
        private final Site site;
        private final KillPoints points;
        private final KilledWorkers workers;
        private final Path plan;

        /** @param attempts at the checks after the move */
        Cutovers(ParkingSystem parking, Path directory, int attempts) throws Exception {
            this.parking = parking;
            parking.docker("build", "-q", "-t", parking.name() + "-api:6", "-f",
                    ParkingSystem.EXAMPLE.resolve("v6/Dockerfile").toString(), ParkingSystem.EXAMPLE.toString());
            plan = Files.writeString(directory.resolve("plan.yaml"),
                    shortened(Files.readString(ParkingSystem.EXAMPLE.resolve("plan.yaml")), attempts));
            site = new Site(directory, parking.known(Temporal.embedded()));
            Path where = Files.createDirectory(directory.resolve("points"));
            points = new KillPoints(where);
            List<String> program = KilledWorkers.program(site, Files.createDirectory(directory.resolve("program")));
            workers = new KilledWorkers(site, program, where);
        }

        void wants(List<KillPoint> wanted) throws Exception {
            points.want(wanted);
        }

        void instead(String shell) throws Exception {
            points.instead(shell);
        }

        int killedWorkers() {
            return workers.killed();
        }

        /** To version 6, and no further. */
        void there() throws Exception {
            ends(site.begin(parking.start(plan)).await(15), 4, parking.version6());
        }

        void back() throws Exception {
            Answer asked = site.godwit("rollback", parking.workflowId());
            assertThat(asked.exit()).as(asked.err()).isZero();
            ends(site.begin(List.of("watch", parking.workflowId(), "--output", "json")).await(15), 3,
                    parking.version5());
        }

        void failsAndVersion5Serves() throws Exception {
            ends(site.begin(parking.start(plan)).await(15), 3, parking.version5());
        }

        private void ends(Answer answer, int exit, String serving) throws Exception {
            assertThat(workers.fault()).isEmpty();
            assertThat(answer.exit()).as("rotation " + Rotation.NUMBER + ": " + answer.out() + answer.err())
                    .isEqualTo(exit);
            assertThat(points.notDone()).as("all points were reached").isEmpty();
            assertThat(parking.containersWithAlias()).containsExactly(serving);
            parking.awaitServed();
            points.want(List.of());
        }

        @Override
        public void close() {
            workers.close();
            site.close();
        }
    }

    /**
     * Only what deploys, cuts over and waits to finalize. A lost worker is noticed within seconds, and the probe that is
     * blind meanwhile, or sees the engine away, passes: it would wait for a person, and is not what is tested.
     */
    private static String shortened(String plan, int attempts) {
        Map<String, String> phases = new LinkedHashMap<>();
        int first = plan.indexOf("\nphases:\n") + "\nphases:\n".length();
        String inner = plan.substring(first, plan.indexOf("\nchecklist:"));
        for (String phase : inner.split("(?m)^(?=  - name: )")) {
            Matcher name = Pattern.compile("  - name: (\\S+)").matcher(phase);
            if (name.lookingAt()) {
                phases.put(name.group(1), phase);
            }
        }
        List<String> kept = new ArrayList<>();
        for (String name : List.of("deploy", "cutover", "finalize")) {
            assertThat(phases).containsKey(name);
            kept.add(phases.get(name));
        }
        String expected = "expect: 'if .output.blind > 0 then null else .output.failed == 0 end'";
        assertThat(phases.get("cutover")).contains(expected);
        return plan.substring(0, first) + String.join("", kept)
                .replace(expected, "expect: '.output.requests >= 0'")
                .replace("retry: {attempts: 5, delay: 1s}", "retry: {attempts: " + attempts + ", delay: 1s}")
                .replaceAll("(?m)^( +)uses: ((?!check.http)\\S+)$",
                        "$1uses: $2\n$1heartbeat: 4s\n$1retry: {delay: 100ms}")
                .replaceAll("uses: ([a-z.]+), ", "uses: $1, heartbeat: 4s, retry: {delay: 100ms}, ");
    }
}
