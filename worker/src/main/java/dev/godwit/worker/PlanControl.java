package dev.godwit.worker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.host.SiteState;
import dev.godwit.json.Json;
import dev.godwit.plan.CheckedPlan;
import dev.godwit.plan.Fault;
import dev.godwit.plan.InvalidPlanException;
import dev.godwit.plan.PlanChecker;
import dev.godwit.report.ReportRenderer;
import dev.godwit.run.PhaseReport;
import dev.godwit.run.Report;
import dev.godwit.run.RunRequest;
import dev.godwit.run.StepReport;
import dev.godwit.step.Catalog;
import dev.godwit.workflow.ControlActivities;
import dev.godwit.workflow.Failures;
import io.temporal.failure.ApplicationFailure;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Checks plans, and writes what runs leave behind. */
@Singleton
final class PlanControl implements ControlActivities {
    private final Catalog catalog;
    private final PlanDirectory plans;
    private final SiteState state;
    private final BooleanSupplier searchable;

    @Inject
    PlanControl(Catalog catalog, PlanDirectory plans, SiteState state, SearchAttributes attributes) {
        this(catalog, plans, state, attributes::usable);
    }

    /** @param searchable whether runs can set their search attributes */
    PlanControl(Catalog catalog, PlanDirectory plans, SiteState state, BooleanSupplier searchable) {
        this.catalog = catalog;
        this.plans = plans;
        this.state = state;
        this.searchable = searchable;
    }

    @Override
    public Admission check(RunRequest request, String runId) {
        try {
            PlanDirectory.PlanText text = request.source()
                    .map(source -> new PlanDirectory.PlanText(request.file().orElse(request.plan()), source))
                    .orElseGet(() -> plans.find(request.plan()));
            CheckedPlan plan = PlanChecker.check(text.file(), text.content(), request.parameters(), request.target(),
                    catalog);
            requireStateOutside(plan, text.file());
            keep(runId, new KeptPlan(plan, Optional.empty()));
            return new Admission(plan, searchable.getAsBoolean());
        } catch (InvalidPlanException e) {
            throw Failures.told(e.getMessage(), INVALID_PLAN, e.faults());
        }
    }

    @Override
    public Ended planOf(String endedRunId, String runId) {
        KeptPlan kept = kept(endedRunId);
        String rolledBack = kept.rollsBack().orElse(endedRunId);
        keep(runId, new KeptPlan(kept.plan(), Optional.of(rolledBack)));
        return new Ended(rolledBack, new Admission(kept.plan(), searchable.getAsBoolean()));
    }

    /**
     * What a rollback needs of a run when its workflow is gone.
     *
     * @param plan the run's plan
     * @param rollsBack for a run that is itself a rollback, the run whose journals and ledger it works from
     */
    private record KeptPlan(CheckedPlan plan, Optional<String> rollsBack) {
        KeptPlan {
            rollsBack = rollsBack == null ? Optional.empty() : rollsBack;
        }
    }

    private void keep(String runId, KeptPlan kept) {
        Path file = planFile(runId);
        try {
            Files.createDirectories(file.getParent());
            DurableFiles.write(file, Json.pretty(kept).getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw StateFailure.of("cannot write " + file, e);
        }
    }

    private KeptPlan kept(String runId) {
        Path file = planFile(runId);
        try {
            KeptPlan kept = Json.read(Files.readString(file), KeptPlan.class);
            if (kept != null && kept.plan() != null && kept.plan().plan() != null) {
                return kept;
            }
            throw corrupt(file);
        } catch (NoSuchFileException e) {
            throw Failures.told("the run " + runId + " left no plan in " + file.getParent()
                    + "; see whether the run id is right, and start a worker with the state directory that it used",
                    UNKNOWN_RUN);
        } catch (IllegalArgumentException | CharacterCodingException e) {
            throw corrupt(file);
        } catch (IOException e) {
            throw StateFailure.of("cannot read " + file, e);
        }
    }

    private static ApplicationFailure corrupt(Path file) {
        return Failures.told("the plan " + file + " cannot be read; mend it, or take the run back by hand",
                "integrity/plan-corrupt");
    }

    private Path planFile(String runId) {
        return state.evidence(runId).resolve("plan.json");
    }

    /** A rollback works from the state directory, so it must not lie in what the plan changes. */
    private void requireStateOutside(CheckedPlan plan, String file) {
        List<Fault> faults = new ArrayList<>();
        plan.resources().forEach((name, declaration) -> {
            if (declaration.path("kind").asText().equals("directory")
                    && state.root().startsWith(Path.of(declaration.path("path").asText()).normalize())) {
                faults.add(new Fault(file, 0, 0,
                        "resource '" + name + "' (" + declaration.path("path").asText()
                                + ") holds this worker's state directory " + state.root()
                                + "; start the worker with --state outside of it"));
            }
        });
        if (!faults.isEmpty()) {
            throw new InvalidPlanException(faults);
        }
    }

    @Override
    public String writeReport(Report withoutOutputs) {
        Path evidence = state.evidence(withoutOutputs.runId());
        Report report = withOutputs(withoutOutputs, evidence);
        try {
            Files.createDirectories(evidence);
            write(evidence.resolve("report.json"), Json.pretty(report));
            write(evidence.resolve("report.md"), ReportRenderer.markdown(report));
        } catch (IOException e) {
            throw StateFailure.of("cannot write the report to " + evidence, e);
        }
        return evidence.toString();
    }

    private static Report withOutputs(Report report, Path evidence) {
        List<PhaseReport> phases = report.phases()
                .stream()
                .map(phase -> new PhaseReport(phase.name(), phase.state(), phase.estimate(), phase.started(),
                        phase.ended(),
                        phase.steps().stream().map(step -> step.withOutput(output(step, evidence))).toList()))
                .toList();
        return new Report(report.workflowId(), report.runId(), report.plan(), report.description(), report.planSha256(),
                report.target(), report.mode(), report.state(), report.startedBy(), report.parameters(),
                report.started(), report.ended(), report.failure(), phases, report.messages(), report.checklist(),
                report.rollsBack(),
                Optional.of(evidence.toString()));
    }

    /** A step leaves its output with its evidence, so that it need not travel through the run's history again. */
    private static Optional<JsonNode> output(StepReport step, Path evidence) {
        Path file = evidence.resolve("steps").resolve(step.name() + "." + step.round()).resolve("output.json");
        try {
            return Files.exists(file)
                    ? Optional.of(Json.read(Files.readString(file), JsonNode.class))
                    : Optional.empty();
        } catch (IOException e) {
            throw StateFailure.of("cannot read " + file, e);
        }
    }

    private static void write(Path file, String content) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + ".part");
        Files.write(temporary, content.getBytes(StandardCharsets.UTF_8));
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
