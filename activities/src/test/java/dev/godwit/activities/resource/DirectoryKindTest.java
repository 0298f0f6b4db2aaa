package dev.godwit.activities.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.StepFailure;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class DirectoryKindTest {
    @Test
    void a_location_is_a_path_within_the_directory() {
        assertThat(at("/srv/./v1", "home:data/videos").path()).isEqualTo(Path.of("/srv/v1/data/videos"));
        assertThat(at("/srv/v1", "home").path()).isEqualTo(Path.of("/srv/v1"));
    }

    @Test
    void a_relative_path_is_refused() {
        assertThatThrownBy(() -> at("srv", "home")).isInstanceOf(StepFailure.class)
                .hasMessageContaining("must be absolute");
    }

    @Test
    void what_must_exist_and_does_not_is_named_as_the_plan_names_it() {
        assertThatThrownBy(() -> at("/nonexistent", "home:data").directory()).isInstanceOf(StepFailure.class)
                .hasMessageContaining("home:data (/nonexistent/data) does not exist");
        assertThatThrownBy(() -> at("/nonexistent", "home:.env").file()).isInstanceOf(StepFailure.class)
                .hasMessageContaining("home:.env");
    }

    private static ReadableDirectory at(String path, String location) {
        JsonNode definition = Json.mapper().createObjectNode().put("path", path);
        return new DirectoryKind().read(Json.tree(definition), Location.parse(location), null);
    }
}
