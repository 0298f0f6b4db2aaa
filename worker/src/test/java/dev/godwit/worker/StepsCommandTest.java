package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated("the standard output of the process is read")
class StepsCommandTest {
    @Test
    void a_step_type_that_is_not_there_is_one_document_for_programs_too() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream before = System.out;
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        int exit;
        try {
            exit = GodwitWorker.commandLine().execute("steps", "backup.fils", "--output", "json");
        } finally {
            System.setOut(before);
        }

        assertThat(exit).isEqualTo(2);
        JsonNode error = Json.read(out.toString(StandardCharsets.UTF_8), JsonNode.class).get("error");
        assertThat(error.get("message").asText()).contains("'backup.fils'; did you mean 'backup.files'?");
        assertThat(error.get("exit_code").asInt()).isEqualTo(2);
    }
}
