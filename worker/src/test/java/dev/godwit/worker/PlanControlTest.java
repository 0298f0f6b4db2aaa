package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.godwit.activities.host.DiscoveredCatalog;
import dev.godwit.activities.host.SiteState;
import dev.godwit.run.Mode;
import dev.godwit.run.RunRequest;
import dev.godwit.workflow.ControlActivities;
import dev.godwit.workflow.ControlActivities.Admission;
import dev.godwit.workflow.ControlActivities.Ended;
import io.temporal.failure.ApplicationFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanControlTest {
    @TempDir
    private Path directory;

    private boolean searchable;
    private PlanControl control;

    @BeforeEach
    void worker() {
        control = new PlanControl(DiscoveredCatalog.load(), new PlanDirectory(directory),
                new SiteState(directory.resolve("state")), () -> searchable);
    }

    @Test
    void the_plan_of_a_run_outlives_it() throws Exception {
        Admission admission = check("run-1");

        Ended ended = control.planOf("run-1", "run-2");

        assertThat(ended.runId()).isEqualTo("run-1");
        assertThat(ended.admission().plan().plan().phases()).isEqualTo(admission.plan().plan().phases());
        assertThat(ended.admission().plan().resources()).isEqualTo(admission.plan().resources());
        assertThat(ended.admission().plan().facts()).isEqualTo(admission.plan().facts());
        assertThat(ended.admission().plan().sha256()).isEqualTo(admission.plan().sha256());
    }

    @Test
    void what_a_rollback_left_is_taken_back_from_the_run_that_it_rolls_back() throws Exception {
        check("run-1");
        control.planOf("run-1", "rollback-1");

        Ended ended = control.planOf("rollback-1", "rollback-2");

        assertThat(ended.runId()).isEqualTo("run-1");
        assertThat(control.planOf("rollback-2", "rollback-3").runId()).isEqualTo("run-1");
    }

    @Test
    void a_run_that_left_no_plan_is_a_clear_failure() {
        assertThatThrownBy(() -> control.planOf("run-9", "run-2")).isInstanceOfSatisfying(ApplicationFailure.class,
                failure -> {
                    assertThat(failure.getType()).isEqualTo(ControlActivities.UNKNOWN_RUN);
                    assertThat(failure.isNonRetryable()).isTrue();
                    assertThat(failure.getOriginalMessage()).contains("run-9", "state/evidence/run-9");
                });
    }

    @Test
    void a_plan_that_cannot_be_read_is_named() throws Exception {
        check("run-1");
        Path file = directory.resolve("state/evidence/run-1/plan.json");
        for (String content : new String[]{"", "{", "null", "{}"}) {
            Files.writeString(file, content);

            assertThatThrownBy(() -> control.planOf("run-1", "run-2")).hasMessageContaining(file.toString())
                    .hasMessageContaining("cannot be read");
        }
    }

    @Test
    void runs_are_told_whether_they_can_be_found_by_search_attributes() throws Exception {
        assertThat(check("run-1").searchable()).isFalse();
        searchable = true;
        assertThat(check("run-1").searchable()).isTrue();
        assertThat(control.planOf("run-1", "run-2").admission().searchable()).isTrue();
    }

    @Test
    void a_state_directory_that_cannot_be_written_is_a_clear_failure_that_is_tried_again() throws Exception {
        Path evidence = Files.writeString(Files.createDirectories(directory.resolve("state")).resolve("evidence"), "");

        assertThatThrownBy(() -> check("run-1")).isInstanceOfSatisfying(ApplicationFailure.class, failure -> {
            assertThat(failure.isNonRetryable()).isFalse();
            assertThat(failure.getType()).isEqualTo("external/state-directory");
            assertThat(failure.getOriginalMessage()).contains("cannot write " + evidence + "/run-1/plan.json",
                    "tried again");
        });
    }

    private Admission check(String runId) throws Exception {
        String plan = Files.readString(Path.of("../examples/settings/plan.yaml"));
        return control.check(new RunRequest("settings", Optional.of(plan), Optional.of("plan.yaml"),
                Map.of("home", TextNode.valueOf("/srv/service"), "backups", TextNode.valueOf("/srv/backups")),
                Optional.empty(), Mode.RUN, Optional.empty(), Optional.empty()), runId);
    }
}
