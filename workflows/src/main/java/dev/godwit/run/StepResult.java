package dev.godwit.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a step's activity answers.
 *
 * @param output the step's output
 * @param attempts how many attempts it took, lost ones included
 * @param millis the working time of the last attempt as its worker measured it
 * @param worker who did it
 * @param evidence the names of the evidence files that it left
 * @param waits the step has not ended: it is to be called again after some time; its output is empty until then
 * @param gate what the step itself decided, if it is one that decides; its {@code expect} comes on top of it
 */
public record StepResult(JsonNode output, int attempts, long millis, String worker, List<String> evidence,
        Optional<Wait> waits, Optional<StepReport.Gate> gate) {

    public StepResult {
        waits = waits == null ? Optional.empty() : waits;
        gate = gate == null ? Optional.empty() : gate;
    }

    /** One of a step that does not decide. */
    public StepResult(JsonNode output, int attempts, long millis, String worker, List<String> evidence,
            Optional<Wait> waits) {
        this(output, attempts, millis, worker, evidence, waits, Optional.empty());
    }

    /**
     * A time to let pass.
     *
     * @param time how long
     * @param why what is waited for, for people
     */
    public record Wait(Duration time, String why) {}
}
