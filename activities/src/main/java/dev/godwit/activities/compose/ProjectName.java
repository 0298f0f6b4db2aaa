package dev.godwit.activities.compose;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.godwit.activities.config.ConfigValues;
import dev.godwit.activities.config.ConfigValues.Format;
import dev.godwit.activities.config.UnreadableConfigException;
import dev.godwit.plan.Location;
import dev.godwit.step.StepFailure;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * The name that Compose gives to a project where the plan gives none. It is found here and told to Compose, so that either
 * version means the same containers as whoever started them in the project's directory.
 */
final class ProjectName {
    static final String VARIABLE = "COMPOSE_PROJECT_NAME";
    /** Of each of these Compose takes the first that there is. */
    private static final List<List<String>> USUAL_FILES = Stream.of("", ".override")
            .map(which -> List.of("compose" + which + ".yaml", "compose" + which + ".yml",
                    "docker-compose" + which + ".yml", "docker-compose" + which + ".yaml"))
            .toList();

    private final Location location;
    private final Path directory;
    private final List<String> files;
    private final Map<String, String> environment;

    /**
     * @param directory where Compose is run
     * @param files the compose files in it; none if Compose finds them by itself
     * @param environment of Compose
     */
    ProjectName(Location location, Path directory, List<String> files, Map<String, String> environment) {
        this.location = location;
        this.directory = directory;
        this.files = files;
        this.environment = environment;
    }

    /** What it is at this moment: the files may change in the course of a run. */
    String find() throws IOException {
        JsonNode settings = settings();
        List<Path> read = files(settings);
        Optional<String> variable = setting(VARIABLE, settings);
        String said = variable.isPresent() ? variable.get() : topLevelName(read);
        Path home = read.isEmpty() ? directory : read.getFirst().getParent();
        String name = normalized(said.isEmpty() ? String.valueOf(home.getFileName()) : said);
        if (name.isEmpty()) {
            throw StepFailure.user("compose-invalid", location + ": no name of a project can be made of '"
                    + (said.isEmpty() ? home : said) + "'; write one as 'project' of the resource");
        }
        return name;
    }

    private static String normalized(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_-]", "").replaceAll("^[_-]+", "");
    }

    /** What the file .env says, which Compose reads beside the first compose file. */
    private JsonNode settings() throws IOException {
        Path home = files.isEmpty() ? directory : directory.resolve(files.getFirst()).getParent();
        Path file = home.resolve(".env");
        if (!Files.isRegularFile(file)) {
            return JsonNodeFactory.instance.objectNode();
        }
        try {
            return ConfigValues.read(Files.readAllBytes(file), Format.ENV).values();
        } catch (UnreadableConfigException e) {
            throw invalid(file, e.getMessage());
        }
    }

    /** The environment goes before the file, even where it says nothing. */
    private Optional<String> setting(String name, JsonNode settings) {
        String value = environment.getOrDefault(name, settings.path(name).asText());
        if (!environment.containsKey(name)) {
            requirePlain(name, value, Path.of(".env"));
        }
        return Optional.of(value).filter(text -> !text.isEmpty());
    }

    private List<Path> files(JsonNode settings) {
        if (!files.isEmpty()) {
            return files.stream().map(directory::resolve).toList();
        }
        Optional<String> listed = setting("COMPOSE_FILE", settings);
        if (listed.isPresent()) {
            String separator = setting("COMPOSE_PATH_SEPARATOR", settings).orElse(File.pathSeparator);
            return Stream.of(listed.get().split(Pattern.quote(separator))).map(directory::resolve).toList();
        }
        return USUAL_FILES.stream()
                .flatMap(names -> names.stream().map(directory::resolve).filter(Files::isRegularFile).limit(1))
                .toList();
    }

    /** The last name that a file gives; empty if none does. */
    private String topLevelName(List<Path> read) throws IOException {
        String name = "";
        for (Path file : read) {
            if (Files.isRegularFile(file)) {
                String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
                try {
                    for (Node document : new Compose(LoadSettings.builder().build()).composeAllFromString(text)) {
                        name = topLevelName(document).orElse(name);
                    }
                } catch (YamlEngineException e) {
                    throw invalid(file, e.getMessage());
                }
                requirePlain("name", name, file);
            }
        }
        return name;
    }

    private static Optional<String> topLevelName(Node document) {
        List<NodeTuple> entries = document instanceof MappingNode mapping ? mapping.getValue() : List.of();
        for (NodeTuple entry : entries) {
            if (entry.getKeyNode() instanceof ScalarNode key && key.getValue().equals("name")
                    && entry.getValueNode() instanceof ScalarNode value && !value.getValue().isEmpty()) {
                return Optional.of(value.getValue());
            }
        }
        return Optional.empty();
    }

    private void requirePlain(String key, String value, Path file) {
        if (value.contains("$")) {
            throw StepFailure.user("compose-invalid", location + ": " + key + " in " + file + " is '" + value
                    + "', and only Compose knows what that stands for; write the name as 'project' of the resource");
        }
    }

    private StepFailure invalid(Path file, String why) {
        return StepFailure.user("compose-invalid", location + ": " + file + " cannot be read: " + why);
    }
}
