package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a run does with what its soak has seen. */
@ExtendWith(SharedSite.class)
class SoakIT {
    @Test
    @Tag("C10")
    void a_gate_that_fails_more_often_than_it_may_during_a_soak_takes_the_run_back(Site site, @TempDir Path directory)
            throws Exception {
        Path home = Files.createDirectory(directory.resolve("home"));
        Path plan = Files.writeString(directory.resolve("plan.yaml"), """
                name: soaked
                target: %1$s
                resources:
                  home: {kind: directory, path: %1$s}
                on-failure: rollback
                phases:
                  - name: change
                    steps:
                      - {name: change, uses: files.write, with: {to: 'home:changed', text: changed}}
                      - name: soak
                        uses: wait.soak
                        with:
                          time: 15m
                          every: 1s
                          gates:
                            - command: {directory: home, shell: 'test ! -e broken', failure-limit: 1}
                """.formatted(home));
        Site.Command run = site.begin(List.of("start", plan.toString(), "--output", "json"));
        Until.seen("the soak watches", () -> run.saidSoFar().contains("soak begins"));
        assertThat(home.resolve("changed")).exists();

        Files.createFile(home.resolve("broken"));

        Answer answer = run.await();
        assertThat(answer.exit()).as(answer.err()).isEqualTo(3);
        assertThat(answer.step("soak").get("state").asText()).isEqualTo("failed");
        assertThat(answer.json().at("/failure/message").asText()).contains("soak");
        assertThat(home.resolve("changed")).doesNotExist();
        assertThat(home.resolve("broken")).as("what others wrote").exists();
    }
}
