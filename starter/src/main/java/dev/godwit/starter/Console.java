package dev.godwit.starter;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.cli.Output;
import dev.godwit.json.Json;
import dev.godwit.plan.Fault;
import java.io.PrintStream;

/**
 * Where a command says things: results go to standard output, everything else that people read to standard error. With
 * {@code --output json} standard output gets exactly one document.
 */
final class Console {
    private final PrintStream out;
    private final PrintStream err;

    Console(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /** A line for people who look on. */
    void say(String line) {
        err.println(line);
        err.flush();
    }

    /** What a person asked for. */
    void result(String text) {
        out.print(text.endsWith("\n") ? text : text + "\n");
        out.flush();
    }

    /** What a program asked for. */
    void document(Object value) {
        result(Json.pretty(value));
    }

    /** Why a command could not do what was asked. */
    void failed(CommandFailure failure, Output output) {
        failure.faults().forEach(fault -> say(fault.toString()));
        say("godwit: " + failure.getMessage());
        if (output == Output.JSON) {
            ObjectNode error = Json.mapper().createObjectNode();
            error.put("message", failure.getMessage()).put("exit_code", failure.exitCode());
            if (!failure.faults().isEmpty()) {
                error.set("faults", Json.tree(failure.faults().toArray(Fault[]::new)));
            }
            document(Json.mapper().createObjectNode().set("error", error));
        }
    }
}
