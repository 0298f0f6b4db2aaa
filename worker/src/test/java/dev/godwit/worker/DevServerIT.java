package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DevServerIT {
    @Test
    void killed_and_started_again_it_is_at_the_same_address_and_remembers(@TempDir Path directory) throws Exception {
        try (DevServer temporal = DevServer.start(directory)) {
            String address = temporal.address();
            Answer start = temporal.temporal("workflow", "start", "--type", "Any", "--task-queue", "none",
                    "--workflow-id", "remembered");
            assertThat(start.exit()).as(start.err()).isZero();

            temporal.kill();
            temporal.start();

            assertThat(temporal.address()).isEqualTo(address);
            Answer described = temporal.temporal("workflow", "describe", "--workflow-id", "remembered");
            assertThat(described.exit()).as(described.err()).isZero();
            assertThat(described.json().at("/workflowExecutionInfo/status").asText())
                    .isEqualTo("WORKFLOW_EXECUTION_STATUS_RUNNING");
        }
    }

    @Test
    void its_web_interface_answers_when_it_is_wanted(@TempDir Path directory) throws Exception {
        try (DevServer temporal = DevServer.startWithUi(directory)) {
            assertThat(LicensePlate.get(temporal.ui()).statusCode()).isEqualTo(200);
        }
    }
}
