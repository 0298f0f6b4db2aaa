package dev.godwit.workflow;

import dev.godwit.plan.ChecklistLine;
import dev.godwit.plan.Plan;
import dev.godwit.run.Report;
import dev.godwit.run.RunState;
import dev.godwit.run.StepReport;
import dev.godwit.run.StepState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the steps of a run answer to the lines of its plan's checklist. */
final class Checklist {
    private Checklist() {}

    static List<Report.ChecklistAnswer> answers(Plan plan, Map<String, StepReport> steps, RunState state) {
        List<Report.ChecklistAnswer> answers = new ArrayList<>();
        plan.checklist()
                .forEach((section, lines) -> lines.forEach(line -> answers.add(new Report.ChecklistAnswer(section,
                        line.line(), answer(line, steps, state), line.answeredBy()))));
        return answers;
    }

    /** Proved by all steps that ran having completed and stayed; failed by any that failed; else open. */
    private static Report.Answer answer(ChecklistLine line, Map<String, StepReport> steps, RunState state) {
        List<StepReport> by = line.answeredBy()
                .stream()
                .map(steps::get)
                .filter(step -> step.state() != StepState.SKIPPED)
                .toList();
        if (by.stream().anyMatch(step -> step.state() == StepState.FAILED)) {
            return Report.Answer.FAILED;
        }
        boolean proved = !by.isEmpty()
                && by.stream().allMatch(step -> step.state() == StepState.COMPLETED && step.undo().isEmpty());
        return proved && state != RunState.ROLLED_BACK ? Report.Answer.PROVED : Report.Answer.OPEN;
    }
}
