package dev.godwit.starter;

import dev.godwit.cli.Output;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What all commands share. A command answers its exit code, or throws {@link CommandFailure}. */
@Command(mixinStandardHelpOptions = true, versionProvider = Version.class)
abstract class GodwitCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--output", paramLabel = "text|json", defaultValue = "text", description = "text for people, or json: one document on standard output")
    private Output output;

    @Option(names = "--debug", description = "show where an error comes from")
    private boolean debug;

    final Godwit godwit() {
        return (Godwit) spec.root().userObject();
    }

    final Console console() {
        return godwit().console();
    }

    final Output output() {
        return output;
    }

    final boolean json() {
        return output == Output.JSON;
    }

    final boolean debug() {
        return debug;
    }
}
