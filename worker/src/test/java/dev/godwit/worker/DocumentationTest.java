package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.DiscoveredCatalog;
import dev.godwit.json.Json;
import dev.godwit.plan.PlanChecker;
import dev.godwit.run.PreviewResult;
import dev.godwit.run.StepResult;
import dev.godwit.run.StepTask;
import dev.godwit.run.UndoResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the documentation says is what the code does, as far as a program can tell. */
class DocumentationTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final DiscoveredCatalog CATALOG = DiscoveredCatalog.load();
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern PLAN = Pattern.compile("```yaml\\n(name: .*?)```", Pattern.DOTALL);
    private static final Pattern TEST = Pattern.compile("`(\\w+(?:Test|IT))\\.(\\w+)`");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ +(.+)$");
    private static final Pattern CODE = Pattern.compile("```.*?```", Pattern.DOTALL);
    /** Every name that the examples of step types use. */
    private static final String SURROUNDINGS = """
            name: examples
            target: example
            resources:
              v1_home: {kind: directory, path: /srv/v1}
              v2_home: {kind: directory, path: /srv/v2}
              backups: {kind: directory, path: /srv/backups}
              reports: {kind: directory, path: /srv/reports}
              storage: {kind: directory, path: /srv/storage}
              v1: {kind: http, url: 'http://127.0.0.1:8000'}
              v2: {kind: http, url: 'http://127.0.0.1:8001'}
              chat: {kind: http, url: 'http://127.0.0.1:8002'}
              clients: {kind: http, url: 'http://127.0.0.1:8003'}
              metrics: {kind: http, url: 'http://127.0.0.1:9090'}
              grafana: {kind: http, url: 'http://127.0.0.1:3000'}
              engine: {kind: docker}
              v2_db: {kind: sqlite, directory: v2_home, file: v2.db}
              database: {kind: sqlite, directory: v1_home, file: v1.db}
              parking: {kind: postgres, url: 'jdbc:postgresql://db/parking'}
              v1_db: {kind: postgres, url: 'jdbc:postgresql://db/v1'}
              new_db: {kind: postgres, url: 'jdbc:postgresql://new-db/v2'}
              v1_process: {kind: process, command: [java, V1.java], directory: v1_home}
              v2_process: {kind: process, command: [java, V2.java], directory: v2_home}
              plates: {kind: compose, directory: v2_home}
              front: {kind: proxy, serves: clients, nginx: {configuration: 'v1_home:upstream.conf', upstream: plates}}
            phases:
              - name: before
                steps:
                  - {name: endpoints, uses: check.http, with: {to: v2, requests: [{path: /health}]}}
              - name: example
                steps:
            """;

    @TempDir
    private Path temporary;

    @Test
    void the_reference_pages_are_what_the_code_says() throws IOException {
        int exit = GodwitWorker.commandLine()
                .execute("steps", "--write", temporary.resolve("reference/steps").toString());

        assertThat(exit).isZero();
        for (String pages : List.of("steps", "resources")) {
            Map<String, String> said = contents(ROOT.resolve("docs/reference").resolve(pages));
            Map<String, String> right = contents(temporary.resolve("reference").resolve(pages));
            Set<String> names = new TreeSet<>(said.keySet());
            names.addAll(right.keySet());
            names.removeIf(name -> Objects.equals(said.get(name), right.get(name)));
            assertThat(names)
                    .as("pages of docs/reference/%s that are not what the code says; delete those that have no code any"
                            + " more, then run: ./godwit steps --write docs/reference/steps", pages)
                    .isEmpty();
        }
    }

    static List<StepReference> stepTypes() {
        return StepReference.steps(CATALOG);
    }

    @ParameterizedTest
    @MethodSource("stepTypes")
    void the_example_of_a_step_type_is_a_step_without_fault(StepReference page) {
        String step = page.example().orElseThrow(() -> new AssertionError(page.name() + " has no example"));

        assertThat(step).startsWith("- name: ").contains("\n  uses: " + page.name() + "\n");
        assertThatCode(() -> PlanChecker.checkForm(page.name(), SURROUNDINGS + step.indent(6), CATALOG))
                .doesNotThrowAnyException();
    }

    static List<StepReference> resourceKinds() {
        return StepReference.resources(CATALOG);
    }

    @ParameterizedTest
    @MethodSource("resourceKinds")
    void the_example_of_a_kind_of_resource_is_a_declaration_without_fault(StepReference page) {
        String declaration = page.example().orElseThrow(() -> new AssertionError(page.name() + " has no example"));
        String name = declaration.substring(0, declaration.indexOf(':'));
        String plan = SURROUNDINGS.replaceFirst("(?m)^  " + name + ": .*\n", "")
                .replace("resources:\n", "parameters: {home: {type: path, required: true}}\nresources:\n"
                        + declaration.indent(2))
                + "      - {name: none, uses: wait.quiet, with: {directory: v2_home}}\n";

        assertThat(declaration).contains("kind: " + page.name());
        assertThatCode(() -> PlanChecker.checkForm(page.name(), plan, CATALOG)).doesNotThrowAnyException();
    }

    static List<Path> pages() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.map(ROOT::relativize)
                    .filter(file -> file.toString().endsWith(".md"))
                    .filter(file -> !file.toString().matches("(.*/)?(target|\\.[^/]+)/.*"))
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void relative_links_lead_somewhere(Path page) throws IOException {
        Matcher links = LINK.matcher(CODE.matcher(Files.readString(ROOT.resolve(page))).replaceAll(""));
        List<String> broken = new ArrayList<>();
        while (links.find()) {
            String link = links.group(1);
            if (!link.matches("[a-z]+:.*") && !leadsSomewhere(ROOT.resolve(page), link)) {
                broken.add(link);
            }
        }

        assertThat(broken).as("links of %s that lead nowhere", page).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void whole_plans_have_no_fault(Path page) throws IOException {
        Matcher plans = PLAN.matcher(Files.readString(ROOT.resolve(page)));
        while (plans.find()) {
            String plan = plans.group(1);
            assertThatCode(() -> PlanChecker.checkForm(page.toString(), plan, CATALOG)).doesNotThrowAnyException();
        }
    }

    @Test
    void the_readme_shows_the_plan_of_the_example() throws IOException {
        Matcher plan = PLAN.matcher(Files.readString(ROOT.resolve("README.md")));

        assertThat(plan.find()).isTrue();
        assertThat(plan.group(1)).isEqualTo(Files.readString(ROOT.resolve("examples/settings/plan.yaml")));
    }

    @ParameterizedTest
    @MethodSource("pages")
    void tests_that_pages_name_exist(Path page) throws IOException {
        List<String> missing = new ArrayList<>();
        Matcher tests = TEST.matcher(Files.readString(ROOT.resolve(page)));
        while (tests.find()) {
            if (!source(tests.group(1)).contains(" void " + tests.group(2) + "(")) {
                missing.add(tests.group());
            }
        }

        assertThat(missing).as("tests that %s names and nobody has", page).isEmpty();
    }

    /** The source of a test class; empty if there is none. */
    private static String source(String testClass) throws IOException {
        try (Stream<Path> files = Files.find(ROOT, 12, (file, attributes) -> file.endsWith(testClass + ".java"))) {
            return files.findFirst().map(DocumentationTest::read).orElse("");
        }
    }

    static List<Path> plans() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT.resolve("examples"))) {
            return files.filter(file -> file.toString().endsWith(".yaml")).toList();
        }
    }

    @ParameterizedTest
    @MethodSource("plans")
    void the_plans_of_the_examples_have_no_fault(Path plan) throws IOException {
        String text = Files.readString(plan);

        assertThatCode(() -> PlanChecker.checkForm(plan.toString(), text, CATALOG)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(classes = {StepTask.class, StepResult.class, PreviewResult.class, UndoResult.class})
    void the_step_contract_shows_what_the_activities_take_and_give(Class<?> type) throws IOException {
        String page = Files.readString(ROOT.resolve("docs/reference/step-contract.md"));
        Matcher example = Pattern
                .compile("## [^\n]*\\b" + type.getSimpleName() + "\n.*?```json\n(.*?)```", Pattern.DOTALL)
                .matcher(page);

        assertThat(example.find()).isTrue();
        String written = Json.write(Json.read(example.group(1), type));
        assertThat(Json.read(written, JsonNode.class)).isEqualTo(Json.read(example.group(1), JsonNode.class));
    }

    private static boolean leadsSomewhere(Path page, String link) throws IOException {
        String[] parts = link.split("#", 2);
        Path file = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
        return Files.exists(file)
                && (parts.length == 1 || anchors(Files.readString(file)).anyMatch(parts[1]::equals));
    }

    /** As GitHub makes them. */
    private static Stream<String> anchors(String markdown) {
        return HEADING.matcher(CODE.matcher(markdown).replaceAll(""))
                .results()
                .map(heading -> heading.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-'));
    }

    private static Map<String, String> contents(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.collect(Collectors.toMap(file -> file.getFileName().toString(), DocumentationTest::read));
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
