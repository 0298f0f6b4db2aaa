package dev.godwit.workflow;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Json;
import dev.godwit.run.PreviewResult;
import dev.godwit.run.StepReport;
import dev.godwit.run.StepResult;
import dev.godwit.run.StepTask;
import dev.godwit.run.UndoResult;
import io.temporal.activity.Activity;
import io.temporal.activity.DynamicActivity;
import io.temporal.client.ActivityCompletionException;
import io.temporal.common.converter.EncodedValues;
import io.temporal.failure.ApplicationFailure;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A worker's steps that record what they are asked and do what the test says. */
final class TestSteps implements DynamicActivity {
    final List<String> calls = new CopyOnWriteArrayList<>();
    final Map<String, StepTask> tasks = new ConcurrentHashMap<>();
    final Map<String, String> outputs = new ConcurrentHashMap<>();
    /** What steps decide by themselves. */
    final Map<String, StepReport.Gate> gates = new ConcurrentHashMap<>();
    /** How many days a step waits. */
    final Map<String, Integer> waits = new ConcurrentHashMap<>();
    final Set<String> failing = ConcurrentHashMap.newKeySet();
    final Set<String> undoFailing = ConcurrentHashMap.newKeySet();
    final Set<String> undoWaiting = ConcurrentHashMap.newKeySet();
    /** What hangs, as a webhook may that answers nobody. */
    final Set<String> held = ConcurrentHashMap.newKeySet();
    final Set<String> untilStopped = ConcurrentHashMap.newKeySet();
    final Set<String> unpredictable = ConcurrentHashMap.newKeySet();

    @Override
    public Object execute(EncodedValues arguments) {
        String type = Activity.getExecutionContext().getInfo().getActivityType();
        StepTask task = arguments.get(0, StepTask.class);
        String step = task.identity().step();
        if (type.endsWith(".undo")) {
            calls.add("undo " + step);
            while (undoWaiting.contains(step)) {
                Activity.getExecutionContext().heartbeat(null);
                Thread.onSpinWait();
            }
            if (undoFailing.contains(step)) {
                throw ApplicationFailure.newNonRetryableFailure("cannot undo " + step, "external/test");
            }
            return new UndoResult(List.of(new UndoResult.SetAside("a file", "/aside")), 1);
        }
        if (type.endsWith(".preview")) {
            calls.add("preview " + step);
            return new PreviewResult(unpredictable.contains(step) ? Optional.empty() : Optional.of(output(step)),
                    List.of("would do " + step), List.of("place:" + step), Optional.empty(), 1);
        }
        while (held.contains(step)) {
            Activity.getExecutionContext().heartbeat(null);
            Thread.onSpinWait();
        }
        tasks.put(step, task);
        calls.add("run " + step);
        if (untilStopped.contains(step)) {
            waitForCancellation(step);
        }
        if (waits.getOrDefault(step, 0) > 0) {
            waits.merge(step, -1, Integer::sum);
            return new StepResult(Json.tree(Map.of()), 1, 1, "test", List.of(),
                    Optional.of(new StepResult.Wait(Duration.ofDays(1), "a day each")));
        }
        if (failing.contains(step)) {
            throw ApplicationFailure.newNonRetryableFailure(step + " cannot", "user/test");
        }
        return new StepResult(output(step), 1, 1, "test", List.of(), Optional.empty(),
                Optional.ofNullable(gates.get(step)));
    }

    /** A background step answers when it is told to end; another one lets itself be cancelled. */
    private void waitForCancellation(String step) {
        try {
            while (true) {
                Activity.getExecutionContext().heartbeat(null);
                Thread.onSpinWait();
            }
        } catch (ActivityCompletionException e) {
            calls.add("stopped " + step);
            if (!step.startsWith("probe")) {
                throw e;
            }
        }
    }

    private JsonNode output(String step) {
        return Json.read(outputs.getOrDefault(step, "{\"n\": 1}"), JsonNode.class);
    }
}
