package dev.godwit.starter;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "watch", description = "Follow a run to its end: phases, steps, progress.")
final class WatchCommand extends GodwitCommand {
    @Parameters(paramLabel = "RUN", description = "workflow id, or any unambiguous start of it")
    private String run;

    @Override
    public Integer call() {
        try (Temporal temporal = godwit().connect()) {
            return Ending.follow(temporal, temporal.find(run), this);
        }
    }
}
