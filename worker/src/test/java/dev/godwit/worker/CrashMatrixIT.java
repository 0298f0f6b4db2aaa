package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.activities.host.Rotation;
import dev.godwit.activities.host.TreeSnapshot;
import dev.godwit.worker.KillPoint.Kind;
import dev.godwit.worker.KillPoint.Moment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The worker is killed, by SIGKILL and from inside, at every step of the example's plan and at every undo: just before it
 * acts, at writes to its journal, or in the middle of its time if it has none, and after it acted but before Temporal knows.
 * Each run goes through many kills. What comes out must be what an undisturbed run leaves, or, after a rollback, what was
 * there before.
 *
 * <p>All moments of all steps take long ({@code -Dgodwit.long=true}). Otherwise each step is killed at one moment, and which
 * one moves on every day; {@code -Dgodwit.rotation=N} repeats one. {@code -Dgodwit.lane=ODD -Dgodwit.step=REGEX} repeats a
 * part.
 */
@Order(1)
class CrashMatrixIT {
    private static final String ONLY_LANE = System.getProperty("godwit.lane", "");
    private static final Pattern ONLY_STEPS = Pattern.compile(System.getProperty("godwit.step", ".*"));
    private static final int SESSIONS = 60;
    private static final int BATCH = 10;
    /** How many writes of a step are tried in the long form. */
    private static final int MANY = 10;
    private static final int PATIENCE_MINUTES = Rotation.LONG ? 60 : 15;

    /** Runs beside others, in a namespace of its own. */
    private enum Lane {
        EVEN("parallel", "run", Lane::any), ODD("parallel", "run", Lane::any), DIRECT("direct", "run",
                Lane::differs), BACK("parallel", "undo", Lane::any), DIRECT_BACK("direct", "undo", Lane::differs);

        private final String strategy;
        private final String verb;
        private final Predicate<String> steps;

        Lane(String strategy, String verb, Predicate<String> steps) {
            this.strategy = strategy;
            this.verb = verb;
            this.steps = steps;
        }

        private String namespace() {
            return "lane-" + ordinal();
        }

        private static List<Lane> wanted() {
            return ONLY_LANE.isEmpty() ? List.of(values()) : List.of(valueOf(ONLY_LANE));
        }

        private boolean backwards() {
            return verb.equals("undo");
        }

        /** Two lanes share the strategy that has the most to do. */
        private boolean takes(int index) {
            return this == EVEN ? index % 2 == 0 : this != ODD || index % 2 == 1;
        }

        private static boolean any(String step) {
            return true;
        }

        /** What direct does in another way than parallel. */
        private static boolean differs(String step) {
            return Rotation.LONG || step.startsWith("direct_")
                    || List.of("videos_moved", "settings", "install_v2", "start_v2", "all_stop").contains(step);
        }
    }

    @Test
    void killed_at_any_step_a_run_ends_as_if_undisturbed_and_killed_at_any_undo_everything_is_as_it_was(
            @TempDir Path directory) throws Exception {
        List<String> namespaces = new ArrayList<>();
        for (Lane lane : Lane.values()) {
            namespaces.addAll(List.of("--namespace", lane.namespace()));
        }
        try (DevServer temporal = DevServer.start(directory, namespaces.toArray(String[]::new));
                ExecutorService lanes = Executors.newVirtualThreadPerTaskExecutor()) {
            List<String> program = program(temporal, Files.createDirectory(directory.resolve("program")));
            Map<Lane, Future<Integer>> outcomes = new TreeMap<>();
            for (Lane lane : Lane.wanted()) {
                Path own = Files.createDirectory(directory.resolve(lane.namespace()));
                outcomes.put(lane, lanes.submit(() -> new Matrix(lane, own, temporal, program).kill()));
            }
            int kills = 0;
            for (Future<Integer> outcome : outcomes.values()) {
                kills += outcome.get();
            }
            assertThat(kills).isGreaterThan(ONLY_LANE.isEmpty() ? 60 : 0);
        }
    }

    private static List<String> program(DevServer temporal, Path directory) throws Exception {
        try (Site site = new Site(directory, temporal.namespace("default"))) {
            return KilledWorkers.program(site, directory);
        }
    }

    /** What happens in a lane. */
    private static final class Matrix {
        private final Lane lane;
        private final Path directory;
        private final Temporal temporal;
        private final KillPoints points;
        private final List<String> program;
        private int runs;

        Matrix(Lane lane, Path directory, Temporal temporal, List<String> program) throws IOException {
            this.program = program;
            this.lane = lane;
            this.directory = directory;
            this.temporal = temporal.namespace(lane.namespace());
            points = new KillPoints(Files.createDirectory(directory.resolve("points")));
        }

        /** Returns how many workers were killed. */
        int kill() throws Exception {
            try (Site site = new Site(directory, temporal);
                    KilledWorkers workers = new KilledWorkers(site, program, directory.resolve("points"));
                    LicensePlate undisturbed = plate(site)) {
                Answer expected = migrate(undisturbed, workers);
                assertThat(workers.killed()).isZero();
                for (List<KillPoint> wanted : rounds()) {
                    points.want(wanted);
                    disturbed(site, workers, undisturbed, expected);
                    assertThat(points.notDone()).as(lane + ": all points were reached").isEmpty();
                }
                return workers.killed();
            }
        }

        /** For each round, one moment of every step. */
        private List<List<KillPoint>> rounds() throws IOException {
            List<List<KillPoint>> moments = new ArrayList<>();
            points.passed().forEach((name, passed) -> {
                String step = name.substring(0, name.indexOf('.'));
                if (name.endsWith("." + lane.verb) && lane.steps.test(step) && ONLY_STEPS.matcher(step).matches()) {
                    moments.add(
                            moments(step, passed).stream()
                                    .map(moment -> new KillPoint(step, lane.verb, moment))
                                    .toList());
                }
            });
            int rounds = Rotation.LONG ? moments.stream().mapToInt(List::size).max().orElseThrow() : 1;
            List<List<KillPoint>> all = new ArrayList<>();
            for (int round = 0; round < rounds; round++) {
                List<KillPoint> wanted = new ArrayList<>();
                for (int step = 0; step < moments.size(); step++) {
                    List<KillPoint> ofStep = moments.get(step);
                    if (Rotation.LONG ? round < ofStep.size() : lane.takes(step)) {
                        wanted.add(ofStep.get((round + step + Rotation.NUMBER) % ofStep.size()));
                    }
                }
                all.add(wanted);
            }
            return all;
        }

        private static List<Moment> moments(String step, KillPoints.Passed passed) {
            Set<Moment> moments = new LinkedHashSet<>();
            moments.add(Moment.BEFORE);
            if (passed.writes() == 0) {
                moments.add(new Moment(Kind.TIME, passed.millis() / 2));
            }
            int some = Math.min(passed.writes(), Rotation.LONG ? MANY : 1);
            for (int i = 1; i <= some; i++) {
                moments.add(new Moment(Kind.WRITE, Math.max(1, passed.writes() * i / (some + 1))));
            }
            // A probe answers when it is told to end. If its worker dies then, nobody knows what it saw: it is inconclusive.
            if (!step.equals("v1_stays_up")) {
                moments.add(Moment.AFTER);
            }
            return List.copyOf(moments);
        }

        private void disturbed(Site site, KilledWorkers workers, LicensePlate undisturbed, Answer expected)
                throws Exception {
            try (LicensePlate plate = plate(site)) {
                List<String> before = plate.snapshot();
                Answer answer = migrate(plate, workers);
                if (lane.backwards()) {
                    assertThat(withoutNewSessions(plate.snapshot(), before))
                            .isEqualTo(withoutNewSessions(before, before));
                    assertThat(LicensePlate.version(plate.v1("/health"))).isEqualTo("1.0");
                    assertThat(LicensePlate.get(plate.v1("/detection/status")).body()).contains("\"running\": true");
                    if (lane.strategy.equals("parallel")) {
                        assertThat(plate.leftOfV2()).isEmpty();
                    }
                } else {
                    Path v2 = lane.strategy.equals("parallel") ? plate.v2Home() : plate.home();
                    Path expectedV2 = lane.strategy.equals("parallel") ? undisturbed.v2Home() : undisturbed.home();
                    assertThat(documents(v2)).isEqualTo(documents(expectedV2));
                    assertThat(rows(v2)).isEqualTo(rows(expectedV2));
                    assertThat(tree(v2, plate)).isEqualTo(tree(expectedV2, undisturbed));
                }
                assertThat(report(answer, plate)).isEqualTo(report(expected, undisturbed));
                assertThat(plate.running()).isEqualTo(undisturbed.running());
            }
        }

        private LicensePlate plate(Site site) throws Exception {
            LicensePlate plate = new LicensePlate(site, Files.createDirectory(directory.resolve("plate-" + runs++)),
                    SESSIONS).with("strategy", lane.strategy).plan(CrashMatrixIT::impatient);
            if (lane.backwards()) {
                plate.setting("FAULT=wrong-detections");
            }
            return plate.startIdleV1();
        }

        private Answer migrate(LicensePlate plate, KilledWorkers workers) throws Exception {
            Site.Command run = plate.begin();
            Until.within(PATIENCE_MINUTES * 60, lane + ": the run ends", () -> {
                assertThat(workers.fault()).as(lane.toString()).isEmpty();
                return !run.process().isAlive();
            });
            Answer answer = run.await();
            assertThat(answer.exit()).as(lane + ", rotation " + Rotation.NUMBER + ": " + answer.err())
                    .isEqualTo(lane.backwards() ? 3 : 0);
            return answer;
        }
    }

    /**
     * The plan, but a lost worker is noticed within seconds, and the probe that is blind while no worker looks passes: that
     * it would be inconclusive is as it should be, and no end for this test.
     */
    private static String impatient(String plan) {
        String blind = "'if .output.blind > 0 then null else .output.failed == 0 end'";
        assertThat(plan).contains(blind);
        return LicensePlate.batches(plan, BATCH)
                .replace(blind, "'.output.failed == 0'")
                .replaceAll("(?m)^( +)uses: (\\S+)$", "$1uses: $2\n$1heartbeat: 4s\n$1retry: {delay: 100ms}")
                .replaceAll("uses: ([a-z.]+), ", "uses: $1, heartbeat: 4s, retry: {delay: 100ms}, ");
    }

    /**
     * When V2 detects, it may have written a session or not, with detections or none, so that there is something in the
     * database to set aside or not.
     */
    private static String report(Answer answer, LicensePlate plate) throws IOException {
        return ComparableReport.of(answer.json(), plate)
                .replaceAll("(?s)\"set_aside\" : \\[.*?\\]", "")
                .replaceAll("\"sessions_written\" : \\d+", "");
    }

    /** V1 writes one when its detection is started again. */
    private static List<String> withoutNewSessions(List<String> snapshot, List<String> before) {
        return snapshot.stream()
                .filter(line -> before.contains(line) || !line.startsWith("data/license_plates/session_20"))
                .filter(line -> !line.startsWith("data/license_plates rwx"))
                .toList();
    }

    /** Those that were V1's, by name; the moment of the migration apart. */
    private static Map<String, JsonNode> documents(Path home) throws IOException {
        Map<String, JsonNode> documents = new TreeMap<>();
        try (Stream<Path> files = Files.list(home.resolve("data/license_plates_v2"))) {
            for (Path file : files.toList()) {
                JsonNode document = LicensePlate.json(file);
                ObjectNode info = (ObjectNode) document.get("session_info");
                if (info.remove("migration_timestamp") != null) {
                    documents.put(file.getFileName().toString(), document);
                }
            }
        }
        return documents;
    }

    private static List<String> rows(Path home) throws Exception {
        List<String> rows = new ArrayList<>();
        Detections.query(home, "select source, position, plate_text, confidence, timestamp, document from detections"
                + " where document like '%\"migration_source\":\"v1\"%' order by 1, 2", row -> {
                    List<String> columns = new ArrayList<>();
                    for (int i = 1; i <= 6; i++) {
                        columns.add(row.getString(i));
                    }
                    rows.add(String.join("|", columns));
                });
        return rows;
    }

    /** Everything else. */
    private static List<String> tree(Path home, LicensePlate plate) throws IOException {
        return TreeSnapshot.of(home, false)
                .stream()
                .filter(line -> !line.startsWith("logs/") && !line.startsWith("data/license_plates_v2/")
                        && !line.startsWith("data/detections.db"))
                .map(line -> line.replace(plate.root().toString(), "ROOT"))
                .toList();
    }
}
