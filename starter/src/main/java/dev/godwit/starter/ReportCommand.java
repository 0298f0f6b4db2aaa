package dev.godwit.starter;

import dev.godwit.cli.ExitCode;
import dev.godwit.report.ReportRenderer;
import dev.godwit.run.Report;
import dev.godwit.starter.Temporal.NoAnswer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "report", description = "Print what a run did and proved, so far or in the end.")
final class ReportCommand extends GodwitCommand {
    @Parameters(paramLabel = "RUN", description = "workflow id, or any unambiguous start of it")
    private String run;

    @Option(names = "--format", paramLabel = "markdown|html|json", description = "default markdown, and json with --output json")
    private Format format;

    enum Format { MARKDOWN, HTML, JSON }

    @Override
    public Integer call() {
        if (json() && format != null && format != Format.JSON) {
            throw CommandFailure.usage("--output json prints a JSON document; leave out --format, or --output");
        }
        Format wanted = format != null ? format : json() ? Format.JSON : Format.MARKDOWN;
        try (Temporal temporal = godwit().connect()) {
            Report report = report(temporal, temporal.find(run));
            switch (wanted) {
                case MARKDOWN -> console().result(ReportRenderer.markdown(report));
                case HTML -> console().result(ReportRenderer.html(report));
                case JSON -> console().document(report);
            }
            return ExitCode.DONE;
        }
    }

    private static Report report(Temporal temporal, String workflowId) {
        try {
            return temporal.ask(workflowId, "report", Report.class);
        } catch (NoAnswer e) {
            throw CommandFailure.refused("no worker answers for " + workflowId + " (" + e.getMessage()
                    + "); start one with 'godwit worker', or read report.md in the run's evidence");
        }
    }
}
