package dev.godwit.activities.compose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.plan.Location;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProjectNameTest {
    @TempDir
    private Path temporary;
    private Path home;

    @BeforeEach
    void aDirectory() throws IOException {
        home = Files.createDirectory(temporary.resolve("Plates.V2"));
    }

    @Test
    void the_environment_goes_before_the_file_env_and_that_before_the_compose_files_and_these_before_the_directory()
            throws IOException {
        assertThat(name()).isEqualTo("platesv2");
        write("compose.yaml", "services: {web: {image: !reset null, ports: [80]}}\n");
        assertThat(name()).isEqualTo("platesv2");
        write("compose.yaml", "# the second\nname: plates\nservices: {web: {name: other}}\n");
        assertThat(name()).isEqualTo("plates");
        write("compose.override.yml", "{services: {}, 'name': \"plates-here\"}\n");
        assertThat(name()).isEqualTo("plates-here");
        write(".env", "# COMPOSE_PROJECT_NAME=not\nexport COMPOSE_PROJECT_NAME='Plates_V1' # as ever\n");
        assertThat(name()).isEqualTo("plates_v1");
        assertThat(name(Map.of("COMPOSE_PROJECT_NAME", "mine"))).isEqualTo("mine");
        assertThat(name(Map.of("COMPOSE_PROJECT_NAME", ""))).isEqualTo("plates-here");
    }

    @Test
    void the_first_of_several_usual_files_counts() throws IOException {
        write("docker-compose.yml", "name: old\n");
        assertThat(name()).isEqualTo("old");
        write("compose.yml", "name: new\n");
        assertThat(name()).isEqualTo("new");
    }

    @Test
    void of_files_that_are_named_the_last_with_a_name_counts_and_else_the_directory_of_the_first() throws IOException {
        write("compose.yaml", "name: not-asked\n");
        write("deploy/base.yaml", "services: {}\n");
        write("deploy/site.yaml", "services: {}\n");
        assertThat(name(Map.of(), "deploy/base.yaml", "deploy/site.yaml")).isEqualTo("deploy");
        write("deploy/base.yaml", "name: base\n");
        assertThat(name(Map.of(), "deploy/base.yaml", "deploy/site.yaml")).isEqualTo("base");
        assertThat(name(Map.of("COMPOSE_FILE", "compose.yaml:deploy/base.yaml"))).isEqualTo("base");
        write("deploy/.env", "COMPOSE_PROJECT_NAME=beside\n");
        assertThat(name(Map.of(), "deploy/base.yaml")).isEqualTo("beside");
        write(".env", "COMPOSE_FILE=deploy/base.yaml;compose.yaml\nCOMPOSE_PATH_SEPARATOR=;\n");
        assertThat(name()).isEqualTo("not-asked");
    }

    @Test
    void a_name_that_only_compose_can_tell_is_asked_for() throws IOException {
        write("compose.yaml", "name: ${SITE:-plates}\n");
        assertThatThrownBy(this::name).hasMessageContaining("plates: name in " + home.resolve("compose.yaml"))
                .hasMessageContaining("write the name as 'project'");
        write("compose.yaml", "name: [\n");
        assertThatThrownBy(this::name).hasMessageContaining("compose.yaml cannot be read");
        write(".env", "COMPOSE_PROJECT_NAME=../\n");
        assertThatThrownBy(this::name).hasMessageContaining("no name of a project can be made of '../'");
    }

    private String name() throws IOException {
        return name(Map.of());
    }

    private String name(Map<String, String> environment, String... files) throws IOException {
        return new ProjectName(Location.parse("plates"), home, List.of(files), environment).find();
    }

    private void write(String file, String text) throws IOException {
        Path path = home.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }
}
