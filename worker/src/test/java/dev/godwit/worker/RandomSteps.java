package dev.godwit.worker;

import dev.godwit.plan.CheckedPlan;
import dev.godwit.run.StepTask;
import dev.godwit.workflow.SiteActivities;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the steps of one run do, what they have done, and what they should never have been asked. */
final class RandomSteps {
    private final RandomPlan plan;
    private final Map<String, StepTask> tasks = new LinkedHashMap<>();
    private final Map<String, Integer> working = new HashMap<>();
    private final Map<String, Integer> failures = new HashMap<>();
    private final Map<String, Integer> undoFailures = new HashMap<>();
    private final Map<String, Integer> waits = new HashMap<>();
    private final Map<String, Boolean> undone = new LinkedHashMap<>();
    private final List<String> log = new ArrayList<>();
    private final List<String> wrong = new ArrayList<>();
    private boolean paused;
    private boolean forgotten;

    RandomSteps(RandomPlan plan) {
        this.plan = plan;
    }

    CheckedPlan plan() {
        return plan.checked();
    }

    RandomPlan.Behaviour of(String step) {
        return plan.of(step);
    }

    boolean inBackground(String step) {
        return plan.inBackground(step);
    }

    /** The run says that it is paused, and nobody has told it to go on. */
    synchronized void paused(boolean now) {
        paused = now;
        log.add(now ? "(paused)" : "(may go on)");
    }

    synchronized void begins(StepTask task) {
        String step = task.identity().step();
        log.add("run " + step);
        if (paused) {
            wrong.add(step + " began while the run was paused");
        }
        if (working.merge(step, 1, Integer::sum) > 1) {
            wrong.add(step + " began while it worked");
        }
        if (undone.containsKey(step)) {
            wrong.add(step + " began after its undo");
        }
        if (forgotten) {
            wrong.add(step + " began after the run had finalized");
        }
        tasks.remove(step);
        tasks.put(step, task);
    }

    synchronized void answers(String step) {
        working.merge(step, -1, Integer::sum);
        log.add("answer " + step);
    }

    synchronized boolean fails(String step) {
        return failures.merge(step, 1, Integer::sum) <= of(step).failures();
    }

    synchronized boolean waits(String step) {
        return waits.merge(step, 1, Integer::sum) <= of(step).waits();
    }

    synchronized void undoBegins(String step) {
        log.add("undo " + step);
        if (working.getOrDefault(step, 0) > 0) {
            wrong.add(step + " was undone before it had answered");
        }
        if (!plan().facts().get(step).undoable()) {
            wrong.add(step + " was undone, and has nothing to undo");
        }
        if (forgotten) {
            wrong.add(step + " was undone after the run had finalized");
        }
        undone.put(step, false);
    }

    synchronized boolean undoFails(String step) {
        return undoFailures.merge(step, 1, Integer::sum) <= of(step).undoFailures();
    }

    synchronized void undone(String step) {
        undone.put(step, true);
    }

    synchronized void forget() {
        log.add("forget");
        forgotten = true;
    }

    synchronized boolean forgotten() {
        return forgotten;
    }

    /** Whether the step was begun at all. */
    synchronized boolean wasBegun(String step) {
        return tasks.containsKey(step);
    }

    /** Whether the step's undo came to its end. */
    synchronized boolean wasUndone(String step) {
        return undone.getOrDefault(step, false);
    }

    /** How often something was begun or answered; a moment at which a message can be sent. */
    synchronized int moments() {
        return log.size();
    }

    synchronized List<String> log() {
        return List.copyOf(log);
    }

    synchronized List<String> wrong() {
        return List.copyOf(wrong);
    }

    /** What a rollback of the ended run finds. */
    synchronized List<SiteActivities.Begun> begun() {
        return tasks.values()
                .stream()
                .filter(task -> !undone.getOrDefault(task.identity().step(), false))
                .map(task -> new SiteActivities.Begun(task, true))
                .toList();
    }
}
