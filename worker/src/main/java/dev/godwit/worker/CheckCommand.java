package dev.godwit.worker;

import dev.godwit.activities.host.DiscoveredCatalog;
import dev.godwit.cli.ExitCode;
import dev.godwit.cli.Output;
import dev.godwit.json.Json;
import dev.godwit.plan.Fault;
import dev.godwit.plan.InvalidPlanException;
import dev.godwit.plan.PlanChecker;
import dev.godwit.plan.PlanSchema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Every fault of a plan. */
@Command(name = "check", mixinStandardHelpOptions = true, description = "Says every fault of a plan, with file and line. Exit code 2 if there is one.")
final class CheckCommand implements Callable<Integer> {
    @ArgGroup(multiplicity = "1")
    private What what;

    @Option(names = "--output", defaultValue = "text", description = "text or json. Default: ${DEFAULT-VALUE}.")
    private Output output;

    /** A plan to check, or what every plan must look like. */
    private static final class What {
        @Parameters(paramLabel = "PLAN", description = "The plan's file.")
        private Path file;

        @Option(names = "--schema", description = "Print the JSON Schema of plans instead, for an editor.")
        private boolean schema;
    }

    @Override
    public Integer call() throws IOException {
        if (what.schema) {
            System.out.print(Json.pretty(PlanSchema.of(DiscoveredCatalog.load())));
            return ExitCode.DONE;
        }
        Path file = what.file;
        List<Fault> faults = faults(file);
        if (output == Output.JSON) {
            System.out.print(Json.pretty(Map.of("plan", file.toString(), "faults", faults)));
        } else {
            faults.forEach(System.out::println);
            System.err.println(faults.isEmpty()
                    ? file + ": no faults"
                    : faults.size() + (faults.size() == 1 ? " fault" : " faults"));
        }
        return faults.isEmpty() ? ExitCode.DONE : ExitCode.USAGE;
    }

    private static List<Fault> faults(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return List.of(new Fault(file.toString(), 0, 0, "there is no such file"));
        }
        try {
            PlanChecker.checkForm(file.toString(), Files.readString(file), DiscoveredCatalog.load());
            return List.of();
        } catch (InvalidPlanException e) {
            return e.faults();
        }
    }
}
