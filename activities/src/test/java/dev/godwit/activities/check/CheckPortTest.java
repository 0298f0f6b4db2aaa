package dev.godwit.activities.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.resource.Answering;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckPortTest {
    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = new StepWorld(directory, "check.port").spec("{of: 'v2'}");
            new Answering(world, "v2");
            return world;
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("port");
        }
    }

    @TempDir
    private Path temporary;

    @Test
    void an_open_port_tells_who_listens_and_is_neither_closed_nor_free() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("w"), "check.port").attempts(9)) {
            new Answering(world, "v2");

            JsonNode seen = world.spec("{of: 'v2', state: 'open'}").run().output();

            assertThat(seen.get("open").asBoolean()).isTrue();
            assertThat(seen.get("pid").asLong()).isEqualTo(ProcessHandle.current().pid());
            assertThat(seen.get("program").asText()).endsWith("java");
            String who = "(process " + ProcessHandle.current().pid() + ", ";
            assertThatThrownBy(world.round(2).spec("{of: 'v2', state: 'closed'}")::run)
                    .hasMessageContaining("still accepts connections " + who)
                    .extracting("retryable")
                    .isEqualTo(true);
            assertThatThrownBy(world.round(3).spec("{of: 'v2', state: 'free'}")::run)
                    .hasMessageContaining("is taken " + who);
        }
    }

    @Test
    void a_port_without_a_service_is_closed_and_free() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("w"), "check.port")) {
            new Answering(world, "v2").close();

            assertThat(world.spec("{of: 'v2', state: 'closed'}").run().output().get("open").asBoolean()).isFalse();
            assertThat(world.round(2).spec("{of: 'v2', state: 'free'}").run().output().has("pid")).isFalse();
            assertThatThrownBy(world.round(3).spec("{of: 'v2'}")::run)
                    .hasMessageContaining("accepts no connection within 5s; see whether the service runs");
        }
    }

    @Test
    void another_machines_port_is_never_said_to_be_free() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("w"), "check.port")
                .resource("v2", "{kind: 'http', url: 'http://192.0.2.1:8000'}")
                .spec("{of: 'v2', state: 'free', within: '50ms'}")) {
            assertThatThrownBy(world::run).hasMessageContaining("is no port of this machine");
        }
    }

    @Test
    void a_preview_tells_how_it_is_and_objects_to_nothing() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("w"), "check.port")) {
            new Answering(world, "v2");
            world.spec("{of: 'v2', state: 'free'}");

            assertThat(world.preview().output().orElseThrow().get("open").asBoolean()).isTrue();
            assertThat(world.madeBy("v2", "start_v2").preview().unknown()).contains("known after start_v2");
        }
    }
}
