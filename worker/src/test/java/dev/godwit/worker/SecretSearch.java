package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/** Looks for secrets where runs leave something: as they are, and in the base64 of payloads. */
final class SecretSearch {
    private final List<String> forms = new ArrayList<>();

    SecretSearch(Collection<String> secrets) {
        for (String secret : secrets) {
            forms.add(secret);
            for (int before = 0; before < 3; before++) {
                forms.add(inBase64(secret, before));
            }
        }
    }

    /** What is sure to stand there, wherever in a longer text the secret was; the characters at its ends depend on that. */
    private static String inBase64(String secret, int before) {
        byte[] bytes = ("x".repeat(before) + secret).getBytes(StandardCharsets.UTF_8);
        String encoded = Base64.getEncoder().withoutPadding().encodeToString(bytes);
        int whole = bytes.length / 3 * 4;
        return encoded.substring(before == 0 ? 0 : 4, whole);
    }

    /** Fails if a text has one. */
    void nothingIn(String what, String text) {
        assertThat(forms.stream().noneMatch(text::contains)).as(what + " has no secret").isTrue();
    }

    /** Fails if a history has one, and if there are not at least so many. */
    void nothingInHistories(DevServer temporal, int atLeast) throws Exception {
        List<String> runs = new ArrayList<>();
        new ObjectMapper().readTree(temporal.temporal("workflow", "list").out())
                .forEach(run -> runs.add(run.at("/execution/workflowId").asText()));
        assertThat(runs).hasSizeGreaterThanOrEqualTo(atLeast);
        for (String run : runs) {
            Answer history = temporal.temporal("workflow", "show", "--workflow-id", run);
            assertThat(history.exit()).as(history.err()).isZero();
            assertThat(history.out()).as("the history of " + run).contains("EVENT_TYPE_WORKFLOW_EXECUTION_STARTED");
            nothingIn("the history of " + run, history.out());
            for (String payload : new ObjectMapper().readTree(history.out()).findValuesAsText("data")) {
                nothingIn("the history of " + run,
                        new String(Base64.getDecoder().decode(payload), StandardCharsets.UTF_8));
            }
        }
    }

    /** Fails if a file of a site has one: Temporal's database, journals, reports, evidence, logs of workers. */
    void nothingIn(Path site) throws Exception {
        assertThat(nothingInFilesOf(site)).anyMatch(file -> file.endsWith("report.md"))
                .anyMatch(file -> file.endsWith("temporal.db"))
                .anyMatch(file -> file.getFileName().toString().startsWith("worker-"));
    }

    /** Fails if a file below a directory has one; returns those that were searched. */
    List<Path> nothingInFilesOf(Path directory) throws Exception {
        List<Path> searched = new ArrayList<>();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                searched.add(file);
                nothingIn(file.toString(), new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
            }
        }
        return searched;
    }
}
