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
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Step types, their fields, an example. */
@Command(name = "steps", mixinStandardHelpOptions = true, description = "Lists the step types, or explains one.")
final class StepsCommand implements Callable<Integer> {
    @Parameters(arity = "0..1", paramLabel = "TYPE", description = "A step type such as backup.files.")
    private Optional<String> type;

    @Option(names = "--output", defaultValue = "text", description = "text or json. Default: ${DEFAULT-VALUE}.")
    private Output output;

    @Option(names = "--write", paramLabel = "DIR", description = "Write all pages into a directory as Markdown.")
    private Optional<Path> directory;

    @Override
    public Integer call() throws IOException {
        DiscoveredCatalog catalog = DiscoveredCatalog.load();
        List<StepReference> steps = StepReference.steps(catalog);
        if (directory.isPresent()) {
            write(steps, directory.get());
            write(StepReference.resources(catalog), directory.get().resolveSibling("resources"));
            return ExitCode.DONE;
        }
        if (type.isPresent()) {
            return explain(steps, type.get());
        }
        if (output == Output.JSON) {
            System.out.print(Json.pretty(steps));
        } else {
            int width = steps.stream().mapToInt(step -> step.name().length()).max().orElse(0);
            steps.forEach(step -> System.out.printf("%-" + width + "s  %s%n", step.name(), step.summary()));
        }
        return ExitCode.DONE;
    }

    private int explain(List<StepReference> steps, String name) {
        Optional<StepReference> found = steps.stream().filter(step -> step.name().equals(name)).findFirst();
        if (found.isEmpty()) {
            System.err.println("godwit: there is no step type '" + name + "'"
                    + NearestName.hint(name, steps.stream().map(StepReference::name).toList()));
            return ExitCode.USAGE;
        }
        System.out.print(output == Output.JSON ? Json.pretty(found.get()) : found.get().markdown());
        return ExitCode.DONE;
    }

    private static void write(List<StepReference> pages, Path directory) throws IOException {
        Files.createDirectories(directory);
        for (StepReference page : pages) {
            Files.writeString(directory.resolve(page.name() + ".md"), page.markdown());
        }
    }
}
