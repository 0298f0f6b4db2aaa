package dev.godwit.starter;

import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What all commands share that tell a run something: to which, who, and why. */
abstract class MessageCommand extends GodwitCommand {
    @Parameters(paramLabel = "RUN", description = "workflow id, or any unambiguous start of it")
    private String run;

    @Option(names = "--by", paramLabel = "WHO", description = "who asks; default is you, on this machine")
    private String by;

    @Option(names = "--reason", paramLabel = "WHY", defaultValue = "", description = "why; it goes into the report")
    private String reason;

    final String run() {
        return run;
    }

    final String by() {
        return by == null ? Person.at(godwit().environment()) : by;
    }

    final String reason() {
        return reason;
    }

    /** How to see what comes of it. */
    static String follow(String workflowId) {
        return "\n  follow it: godwit watch " + Shell.quoted(workflowId);
    }
}
