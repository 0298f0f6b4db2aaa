package dev.godwit.starter;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** docs/reference/cli.md knows every command of the starter, and every option. */
class CommandLinePageTest {
    private static final Set<String> OF_ALL = Set.of("--help", "--version", "--output", "--debug");

    @Test
    void the_page_names_every_command_and_option() throws Exception {
        String page = Files.readString(Path.of("../docs/reference/cli.md"));
        PrintStream nowhere = new PrintStream(new ByteArrayOutputStream());
        List<String> missing = new ArrayList<>();
        look(Godwit.commandLine(Map.of(), new Console(nowhere, nowhere)), "", page, missing);

        assertThat(missing).isEmpty();
    }

    private static void look(CommandLine command, String name, String page, List<String> missing) {
        if (!name.isEmpty() && !page.contains("| `" + name + "`") && !page.contains("| `" + name + " ")) {
            missing.add(name);
        }
        for (OptionSpec option : command.getCommandSpec().options()) {
            if (!OF_ALL.contains(option.longestName()) && !page.contains("`" + option.longestName())) {
                missing.add(name + " " + option.longestName());
            }
        }
        command.getSubcommands().forEach((word, sub) -> look(sub, (name + " " + word).strip(), page, missing));
    }
}
