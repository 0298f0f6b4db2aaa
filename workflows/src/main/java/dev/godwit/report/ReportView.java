package dev.godwit.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Json;
import dev.godwit.plan.Verdict;
import dev.godwit.run.Failure;
import dev.godwit.run.Mode;
import dev.godwit.run.PhaseReport;
import dev.godwit.run.PhaseState;
import dev.godwit.run.PreviewResult;
import dev.godwit.run.Report;
import dev.godwit.run.Report.Answer;
import dev.godwit.run.Report.ChecklistAnswer;
import dev.godwit.run.StepReport;
import dev.godwit.run.StepState;
import dev.godwit.run.UndoReport;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A report as its readers see it: every text is ready to print, and what is not there is an empty list or text. States
 * come twice, as words and as a {@code tone} that a page may colour: good, bad, busy or quiet.
 */
record ReportView(String title, String state, String tone, String description, boolean dryRun, List<Fact> facts,
        List<Failure> failures, List<Fact> parameters, List<PhaseView> phases, PhaseView total, List<UndoView> undos,
        List<SetAsideView> setAside, List<MessageView> messages, List<Requirement> requirements,
        String requirementsAnswered, List<Section> checklist, String checklistAnswered) {

    record Fact(String name, String value, boolean code) {}

    record PhaseView(String name, String state, String tone, String estimated, String actual, String used, String steps,
            List<StepView> details) {}

    record StepView(String name, String uses, String covers, String state, String tone, String time, String attempts,
            String verdict, String verdictTone, String expect, List<String> problems, List<String> changes,
            List<String> makes, String unknown, List<Output> outputs, List<String> evidence) {
        /** Whether there is more to say than fits a line of a table. */
        public boolean eventful() {
            return !(problems.isEmpty() && changes.isEmpty() && makes.isEmpty() && unknown.isEmpty()
                    && outputs.isEmpty() && evidence.isEmpty());
        }
    }

    record Output(String text, boolean folded, String size) {}

    record UndoView(String step, String state, String tone, String time, String failure) {}

    record SetAsideView(String step, String what, String where) {}

    record MessageView(String at, String verb, String by, String reason, String outcome) {}

    record Requirement(String row, List<CoveringStep> steps, String answered, String tone) {}

    record CoveringStep(String name, String state) {}

    record Section(String name, List<Line> lines) {}

    record Line(String text, String answer, String tone, boolean done) {}

    private static final int LONGEST_OUTPUT_IN_LINE = 240;

    static ReportView of(Report report) {
        List<StepReport> steps = report.phases().stream().flatMap(phase -> phase.steps().stream()).toList();
        List<Requirement> requirements = requirements(report.mode(), steps);
        boolean dryRun = report.mode() == Mode.DRY_RUN;
        return new ReportView(report.plan() + (dryRun ? ", dry-run: " : ": ") + Words.of(report.state()),
                Words.of(report.state()), tone(report), report.description(), dryRun, facts(report),
                report.failure().stream().toList(), parameters(report.parameters()),
                report.phases().stream().map(phase -> phase(phase, report.mode())).toList(), total(report),
                undos(steps), setAside(steps),
                report.messages()
                        .stream()
                        .map(message -> new MessageView(Words.of(message.at()), message.verb(),
                                message.by(), message.reason(), message.outcome()))
                        .toList(),
                requirements,
                answered(report.mode(), requirements),
                checklist(report.checklist()), answered(report.checklist()));
    }

    private static List<Fact> facts(Report report) {
        List<Fact> facts = new ArrayList<>();
        facts.add(new Fact("run", report.workflowId(), true));
        facts.add(new Fact("run id", report.runId(), true));
        facts.add(new Fact("target", report.target(), true));
        facts.add(new Fact("started", Words.of(report.started())
                + (report.startedBy().isEmpty() ? "" : " by " + report.startedBy()), false));
        report.ended()
                .ifPresent(ended -> facts.add(new Fact("ended",
                        Words.of(ended) + ", after " + Words.of(Duration.between(report.started(), ended)), false)));
        facts.add(new Fact("plan sha256", report.planSha256(), true));
        report.evidence().ifPresent(place -> {
            facts.add(new Fact("plan", place + "/plan.json", true));
            facts.add(new Fact("evidence", place, true));
        });
        return facts;
    }

    private static List<Fact> parameters(Map<String, JsonNode> parameters) {
        return parameters.entrySet()
                .stream()
                .map(parameter -> new Fact(parameter.getKey(),
                        parameter.getValue().isTextual()
                                ? parameter.getValue().asText()
                                : Json.write(parameter.getValue()),
                        true))
                .toList();
    }

    private static PhaseView phase(PhaseReport phase, Mode mode) {
        long done = phase.steps()
                .stream()
                .filter(
                        step -> step.state() == StepState.COMPLETED || step.state() == StepState.PREVIEWED)
                .count();
        return new PhaseView(phase.name(), Words.of(phase.state()), tone(phase.state()),
                phase.estimate().map(Words::of).orElse(""), phase.actual().map(Words::of).orElse(""),
                mode == Mode.DRY_RUN ? "" : used(phase.estimate(), phase.actual()),
                done + " of " + phase.steps().size(),
                phase.steps().stream().map(ReportView::step).toList());
    }

    private static PhaseView total(Report report) {
        boolean comparable = report.mode() == Mode.RUN
                && report.phases().stream().allMatch(phase -> phase.estimate().isPresent());
        return new PhaseView("all", "", "quiet", report.estimate().map(Words::of).orElse(""),
                report.actual().map(Words::of).orElse(""),
                comparable ? used(report.estimate(), report.actual()) : "", "", List.of());
    }

    private static String used(Optional<Duration> estimate, Optional<Duration> actual) {
        if (estimate.isEmpty() || actual.isEmpty() || estimate.get().isZero()) {
            return "";
        }
        return Math.round(100.0 * actual.get().toMillis() / estimate.get().toMillis()) + " %";
    }

    private static StepView step(StepReport step) {
        List<String> problems = new ArrayList<>();
        step.failure().ifPresent(failure -> problems.add(failure.message() + " (" + failure.type() + ")"));
        step.gate()
                .filter(gate -> gate.verdict() != Verdict.PASSED)
                .flatMap(StepReport.Gate::reason)
                .filter(reason -> step.failure().isEmpty())
                .ifPresent(problems::add);
        return new StepView(titled(step.name(), step.round()), step.uses(), String.join(", ", step.covers()),
                Words.of(step.state()) + step.undo().map(undo -> ", " + undone(undo.state())).orElse(""),
                tone(step.state()), time(step),
                step.attempts() == 0 ? "" : String.valueOf(step.attempts()),
                step.gate().map(gate -> Words.of(gate.verdict())).orElse(""),
                step.gate().map(gate -> tone(gate.verdict())).orElse(""),
                step.gate().map(StepReport.Gate::expect).orElse(""), problems,
                step.preview().map(PreviewResult::changes).orElse(List.of()),
                step.preview().map(PreviewResult::makes).orElse(List.of()),
                step.preview().flatMap(PreviewResult::unknown).orElse(""),
                step.output().filter(output -> !output.isEmpty()).map(ReportView::output).stream().toList(),
                step.evidence());
    }

    private static String titled(String step, int round) {
        return round > 1 ? step + ", round " + round : step;
    }

    private static String time(StepReport step) {
        if (step.started().isPresent() && step.ended().isPresent()) {
            return Words.of(Duration.between(step.started().get(), step.ended().get()));
        }
        return "";
    }

    private static Output output(JsonNode output) {
        String compact = Json.write(output);
        boolean folded = compact.length() > LONGEST_OUTPUT_IN_LINE;
        return new Output(folded ? Json.pretty(output).strip() : compact, folded,
                Words.size(compact.getBytes(StandardCharsets.UTF_8).length));
    }

    private static String undone(UndoReport.State state) {
        return switch (state) {
            case UNDONE -> "undone";
            case ABANDONED -> "undo given up";
            case LEFT_OUT -> "undo left out";
            case FAILED -> "undo failed";
        };
    }

    /** An undo is left out where a later one takes the same thing back. */
    private static boolean takenBack(StepReport step) {
        return step.undo().filter(undo -> undo.state() != UndoReport.State.FAILED).isPresent();
    }

    private static List<UndoReport> undoReports(List<StepReport> steps) {
        return steps.stream()
                .flatMap(step -> step.undo().stream())
                .sorted(Comparator.comparing(UndoReport::started))
                .toList();
    }

    private static List<UndoView> undos(List<StepReport> steps) {
        return undoReports(steps).stream()
                .map(undo -> new UndoView(titled(undo.step(), undo.round()),
                        Words.of(undo.state()), tone(undo.state()),
                        Words.of(Duration.between(undo.started(), undo.ended())),
                        undo.failure().map(failure -> failure.message() + " (" + failure.type() + ")").orElse("")))
                .toList();
    }

    private static List<SetAsideView> setAside(List<StepReport> steps) {
        return undoReports(steps).stream()
                .flatMap(undo -> undo.setAside()
                        .stream()
                        .map(thing -> new SetAsideView(undo.step(), thing.what(), thing.where())))
                .toList();
    }

    private static List<Requirement> requirements(Mode mode, List<StepReport> steps) {
        Map<String, List<StepReport>> covering = new TreeMap<>(ReportView::byLettersThenNumber);
        for (StepReport step : steps) {
            step.covers().forEach(row -> covering.computeIfAbsent(row, any -> new ArrayList<>()).add(step));
        }
        List<Requirement> requirements = new ArrayList<>();
        covering.forEach((row, by) -> requirements.add(requirement(mode, row, by)));
        return requirements;
    }

    private static String answered(Mode mode, List<Requirement> requirements) {
        long answered = requirements.stream().filter(row -> row.tone().equals("good")).count();
        return mode == Mode.DRY_RUN
                ? "A dry-run answers none of them; these steps would."
                : answered + " of " + requirements.size() + " answered.";
    }

    private static Requirement requirement(Mode mode, String row, List<StepReport> by) {
        List<CoveringStep> steps = by.stream()
                .map(step -> new CoveringStep(step.name(),
                        Words.of(step.state()) + step.gate()
                                .filter(gate -> gate.verdict() != Verdict.PASSED)
                                .map(gate -> ", gate " + Words.of(gate.verdict()))
                                .orElse("")))
                .toList();
        if (by.stream().anyMatch(ReportView::failed)) {
            return new Requirement(row, steps, "failed", "bad");
        }
        List<StepReport> answers = by.stream().filter(ReportView::answers).toList();
        if (answers.isEmpty()) {
            return new Requirement(row, steps, mode == Mode.DRY_RUN ? "not yet" : "open", "quiet");
        }
        boolean stands = answers.stream().anyMatch(step -> !takenBack(step));
        return new Requirement(row, steps, stands ? "yes" : "yes, undone since", "good");
    }

    private static boolean failed(StepReport step) {
        return step.state() == StepState.FAILED
                || step.gate().filter(gate -> gate.verdict() == Verdict.FAILED).isPresent();
    }

    private static boolean answers(StepReport step) {
        return step.state() == StepState.COMPLETED
                && step.gate().filter(gate -> gate.verdict() != Verdict.PASSED).isEmpty();
    }

    /** A2 comes before A10. */
    private static int byLettersThenNumber(String one, String other) {
        String lettersOfOne = one.replaceAll("\\d+$", "");
        String lettersOfOther = other.replaceAll("\\d+$", "");
        int letters = lettersOfOne.compareTo(lettersOfOther);
        if (letters != 0) {
            return letters;
        }
        int digits = Integer.compare(one.length(), other.length());
        return digits != 0 ? digits : one.compareTo(other);
    }

    private static List<Section> checklist(List<ChecklistAnswer> answers) {
        Map<String, List<Line>> sections = new LinkedHashMap<>();
        for (ChecklistAnswer answer : answers) {
            sections.computeIfAbsent(answer.section(), any -> new ArrayList<>())
                    .add(new Line(answer.line(), answered(answer), tone(answer.answer()),
                            answer.answer() == Answer.PROVED));
        }
        return sections.entrySet().stream().map(section -> new Section(section.getKey(), section.getValue())).toList();
    }

    private static String answered(ChecklistAnswer line) {
        String steps = String.join(", ", line.steps());
        return switch (line.answer()) {
            case PROVED -> "proved by " + steps;
            case FAILED -> "failed, see " + steps;
            case OPEN -> steps.isEmpty() ? "open, for a person to answer" : "open, not answered by " + steps;
        };
    }

    private static String answered(List<ChecklistAnswer> answers) {
        long proved = answers.stream().filter(answer -> answer.answer() == Answer.PROVED).count();
        long failed = answers.stream().filter(answer -> answer.answer() == Answer.FAILED).count();
        return proved + " proved, " + failed + " failed, " + (answers.size() - proved - failed) + " open";
    }

    private static String tone(Report report) {
        return switch (report.state()) {
            case RUNNING, PAUSING, PAUSED, WAITING_FOR_APPROVAL, WAITING_FOR_DECISION, WAITING_TO_FINALIZE,
                    ROLLING_BACK ->
                "busy";
            case COMPLETED -> "good";
            case ROLLED_BACK, FAILED, STUCK -> "bad";
            case CANCELLED -> "quiet";
        };
    }

    private static String tone(PhaseState state) {
        return switch (state) {
            case PENDING, SKIPPED, STOPPED, UNDONE -> "quiet";
            case RUNNING -> "busy";
            case COMPLETED -> "good";
            case FAILED -> "bad";
        };
    }

    private static String tone(StepState state) {
        return switch (state) {
            case PENDING, SKIPPED, STOPPED -> "quiet";
            case RUNNING, PAUSED, WAITING -> "busy";
            case COMPLETED, PREVIEWED -> "good";
            case FAILED, PARKED -> "bad";
        };
    }

    private static String tone(Verdict verdict) {
        return switch (verdict) {
            case PASSED -> "good";
            case FAILED -> "bad";
            case INCONCLUSIVE -> "busy";
        };
    }

    private static String tone(UndoReport.State state) {
        return switch (state) {
            case UNDONE -> "good";
            case LEFT_OUT -> "quiet";
            case FAILED, ABANDONED -> "bad";
        };
    }

    private static String tone(Answer answer) {
        return switch (answer) {
            case PROVED -> "good";
            case FAILED -> "bad";
            case OPEN -> "quiet";
        };
    }
}
