package dev.godwit.activities.host;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.json.Json;
import dev.godwit.run.PreviewResult;
import dev.godwit.run.Progress;
import dev.godwit.run.StepResult;
import dev.godwit.run.StepTask;
import dev.godwit.run.UndoResult;
import dev.godwit.step.Journal;
import dev.godwit.step.StepIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;

/**
 * One step with the world around it: a directory that it may work on, the resources that it names, a site's state. What
 * counts about a world is what is in its directory; one with a database or a server adds a view of that.
 */
public final class StepWorld implements AutoCloseable {
    /** An attempt that nobody watches or stops. */
    public static final Attempt QUIET = new Attempt() {
        @Override
        public void heartbeat(Progress progress) {}

        @Override
        public Instant asked() {
            return Instant.now();
        }

        @Override
        public Optional<String> stopRequested() {
            return Optional.empty();
        }
    };

    private static final DiscoveredCatalog CATALOG = DiscoveredCatalog.load();
    private static final JsonMapper LENIENT = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_UNQUOTED_FIELD_NAMES, JsonReadFeature.ALLOW_SINGLE_QUOTES)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    /** Where they lie beside a temporary directory nobody else removes them. */
    private static final Set<Path> STATES = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> STATES.forEach(StepWorld::remove)));
    }

    private final Path directory;
    private final SiteState state;
    private final String uses;
    private final Map<String, JsonNode> resources = new LinkedHashMap<>();
    private final Map<String, String> secrets = new LinkedHashMap<>();
    private final List<String> secretsRead = new CopyOnWriteArrayList<>();
    private final Map<String, String> madeBy = new LinkedHashMap<>();
    private final List<View> views = new ArrayList<>();
    private final Deque<AutoCloseable> closing = new ArrayDeque<>();
    private JsonNode spec = LENIENT.createObjectNode();
    private Instant clock = Instant.parse("2026-03-01T12:00:01Z");
    private int attempts = 1;
    private int round = 1;
    private String target = "target";
    // Test classes that run at the same time on one server have runs of their own: a step ends earlier sessions of its run.
    private String runId = "0c7f9a52-4a5e-4b0e-9a41-%012x".formatted(Thread.currentThread().threadId());

    /**
     * @param directory exists and is empty; a site's state is kept beside it
     * @param uses the step type
     */
    public StepWorld(Path directory, String uses) {
        this.directory = directory;
        this.uses = uses;
        this.state = new SiteState(directory.resolveSibling(directory.getFileName() + ".state"));
        STATES.add(state.root());
    }

    private static void remove(Path state) {
        try {
            DurableFiles.deleteTree(state);
        } catch (IOException e) {
            // It is a temporary one.
        }
    }

    /** What counts about a world, a line for each thing in it. */
    @FunctionalInterface
    public interface View {
        List<String> lines() throws Exception;
    }

    /** Declares a resource, in JSON that needs no quotes around names: {@code {kind: 'directory', path: '/x'}}. */
    public StepWorld resource(String name, String declaration) {
        resources.put(name, json(declaration));
        return this;
    }

    /** Declares a directory resource. */
    public StepWorld directory(String name, Path path) {
        ObjectNode declaration = LENIENT.createObjectNode();
        resources.put(name, declaration.put("kind", "directory").put("path", path.toString()));
        return this;
    }

    /** The resolved spec, in JSON that needs no quotes around names. */
    public StepWorld spec(String with) {
        spec = json(with);
        return this;
    }

    public StepWorld secret(String name, String value) {
        secrets.put(name, value);
        return this;
    }

    /** In a dry-run, an earlier step would make this location. */
    public StepWorld madeBy(String location, String step) {
        madeBy.put(location, step);
        return this;
    }

    /** Something beside the directory that counts. */
    public StepWorld counting(View view) {
        views.add(view);
        return this;
    }

    /** Something to be closed with the world, newest first. */
    public StepWorld closing(AutoCloseable resource) {
        closing.push(resource);
        return this;
    }

    public StepWorld round(int newRound) {
        round = newRound;
        return this;
    }

    /** The texts of the spec that name a resource, or something in one. */
    Set<String> locations() {
        Set<String> locations = new LinkedHashSet<>();
        Deque<JsonNode> nodes = new ArrayDeque<>(List.of(spec));
        while (!nodes.isEmpty()) {
            JsonNode node = nodes.pop();
            if (node.isTextual() && resources.containsKey(node.textValue().split(":", 2)[0])) {
                locations.add(node.textValue());
            }
            node.forEach(nodes::push);
        }
        return locations;
    }

    public String runId() {
        return runId;
    }

    public StepWorld runId(String id) {
        runId = id;
        return this;
    }

    public StepWorld target(String name) {
        target = name;
        return this;
    }

    public StepWorld attempts(int allowed) {
        attempts = allowed;
        return this;
    }

    public Path directory() {
        return directory;
    }

    public SiteState state() {
        return state;
    }

    /** Whether a rollback has something to undo. */
    public boolean undoable() {
        return CATALOG.stepType(uses).description().undoable();
    }

    public StepTask task() {
        StepIdentity identity = new StepIdentity(runId, "plan", target, "phase", "step", round);
        return new StepTask(identity, uses, spec, resources, Instant.parse("2026-03-01T12:00:00Z"), attempts,
                Duration.ofSeconds(1), Instant.parse("2026-03-01T12:00:01Z"), madeBy);
    }

    /** Runs the step to its end. The times for which it waits are over at once. */
    public StepResult run() {
        return run(UnaryOperator.identity(), QUIET);
    }

    /** Runs the step as far as it comes without waiting. */
    public StepResult runUntilItWaits() {
        return host(UnaryOperator.identity()).run(task(), asked(QUIET));
    }

    public PreviewResult preview() {
        return host(UnaryOperator.identity()).preview(task(), QUIET);
    }

    public UndoResult undo() {
        return undo(UnaryOperator.identity(), QUIET);
    }

    /** Removes what the step remembers elsewhere than in its journal, as when its run is finalized. */
    public void forget() {
        host(UnaryOperator.identity()).forget(task(), asked(QUIET));
    }

    /** Runs the step to its end, with journals that can be made to fail. */
    StepResult run(UnaryOperator<Journal> journals, Attempt attempt) {
        StepHost host = host(journals);
        StepResult result = host.run(task(), asked(attempt));
        while (result.waits().isPresent()) {
            passes(result.waits().get().time());
            result = host.run(task(), asked(attempt));
        }
        return result;
    }

    UndoResult undo(UnaryOperator<Journal> journals, Attempt attempt) {
        return host(journals).undo(task(), asked(attempt));
    }

    /** Time passes, by the clock that a step waits by. */
    public StepWorld passes(Duration time) {
        clock = clock.plus(time);
        return this;
    }

    /** The clock that a step waits by; at first it is 2026-03-01T12:00:01Z, a Sunday. */
    public Instant clock() {
        return clock;
    }

    private Attempt asked(Attempt attempt) {
        return new Attempt() {
            @Override
            public void heartbeat(Progress progress) {
                attempt.heartbeat(progress);
            }

            @Override
            public Instant asked() {
                return clock;
            }

            @Override
            public boolean cancelled() {
                return attempt.cancelled();
            }

            @Override
            public Optional<String> stopRequested() {
                return attempt.stopRequested();
            }
        };
    }

    /** A host on this world's state whose journals can be made to fail. */
    public StepHost host(UnaryOperator<Journal> journals) {
        return new StepHost(CATALOG, state, this::readSecret, "test-worker", journals);
    }

    /** Which secrets were read so far, as often as they were: a resource that names one reads it when it is opened. */
    public List<String> secretsRead() {
        return secretsRead;
    }

    private Optional<String> readSecret(String name) {
        secretsRead.add(name);
        return Optional.ofNullable(secrets.get(name));
    }

    /** Everything that counts, modification times included. */
    public List<String> snapshot() throws Exception {
        return snapshot(true);
    }

    /** Everything that counts, without modification times: these differ between two worlds. */
    public List<String> content() throws Exception {
        return snapshot(false);
    }

    @Override
    public void close() {
        while (!closing.isEmpty()) {
            try {
                closing.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private List<String> snapshot(boolean times) throws Exception {
        List<String> lines = new ArrayList<>(TreeSnapshot.of(directory, times));
        for (View view : views) {
            lines.addAll(view.lines());
        }
        return lines;
    }

    private static JsonNode json(String text) {
        try {
            // Through the project's own mapper, so that numbers are what they are in a run.
            return Json.read(LENIENT.writeValueAsString(LENIENT.readTree(text)), JsonNode.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
