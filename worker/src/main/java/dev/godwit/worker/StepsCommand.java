package dev.godwit.worker;

import dev.godwit.activities.host.DiscoveredCatalog;
import dev.godwit.cli.ExitCode;
import dev.godwit.cli.Output;
import dev.godwit.json.Json;
import dev.godwit.plan.NearestName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Step types and kinds of resource, their fields, an example. */
@Command(name = "steps", mixinStandardHelpOptions = true, description = "Lists the step types and the kinds of resource, or explains one.")
final class StepsCommand implements Callable<Integer> {
    @Parameters(arity = "0..1", paramLabel = "TYPE", description = "A step type such as backup.files, or a kind of resource such as directory.")
    private Optional<String> type;

    @Option(names = "--output", defaultValue = "text", description = "text or json. Default: ${DEFAULT-VALUE}.")
    private Output output;

    @Option(names = "--write", paramLabel = "DIR", description = "Write the pages of all step types into a directory as Markdown, and those of the kinds of resource into resources beside it.")
    private Optional<Path> directory;

    @Override
    public Integer call() throws IOException {
        DiscoveredCatalog catalog = DiscoveredCatalog.load();
        List<StepReference> steps = StepReference.steps(catalog);
        List<StepReference> resources = StepReference.resources(catalog);
        if (directory.isPresent()) {
            write("Step types", steps, directory.get());
            write("Kinds of resource", resources, directory.get().resolveSibling("resources"));
        } else if (type.isPresent()) {
            return explain(Stream.concat(steps.stream(), resources.stream()).toList(), type.get());
        } else if (output == Output.JSON) {
            System.out.print(Json.pretty(steps));
        } else {
            list(steps);
            System.out.println("\nKinds of resource:");
            list(resources);
        }
        return ExitCode.DONE;
    }

    private static void list(List<StepReference> pages) {
        int width = pages.stream().mapToInt(page -> page.name().length()).max().orElse(0);
        pages.forEach(page -> System.out.printf("%-" + width + "s  %s%n", page.name(), page.summary()));
    }

    private int explain(List<StepReference> pages, String name) {
        Optional<StepReference> found = pages.stream().filter(page -> page.name().equals(name)).findFirst();
        if (found.isEmpty()) {
            String unknown = "there is no step type or kind of resource '" + name + "'"
                    + NearestName.hint(name, pages.stream().map(StepReference::name).toList());
            System.err.println("godwit: " + unknown);
            if (output == Output.JSON) {
                System.out.print(Json.pretty(
                        Map.of("error", Map.of("message", unknown, "exit_code", ExitCode.USAGE))));
            }
            return ExitCode.USAGE;
        }
        System.out.print(output == Output.JSON ? Json.pretty(found.get()) : found.get().markdown());
        return ExitCode.DONE;
    }

    private static void write(String title, List<StepReference> pages, Path directory) throws IOException {
        Files.createDirectories(directory);
        StringBuilder index = new StringBuilder("# ").append(title).append("\n\n");
        for (StepReference page : pages) {
            String file = page.name() + ".md";
            Files.writeString(directory.resolve(file), page.markdown());
            index.append("- [`").append(page.name()).append("`](").append(file).append("): ");
            index.append(page.summary()).append('\n');
        }
        Files.writeString(directory.resolve("README.md"), index);
    }
}
