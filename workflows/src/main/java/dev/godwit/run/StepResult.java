package dev.godwit.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * What a step's activity answers.
 *
 * @param output the step's output
 * @param attempts how many attempts it took, lost ones included
 * @param millis the working time of the last attempt as its worker measured it
 * @param worker who did it
 * @param evidence the names of the evidence files that it left
 */
public record StepResult(JsonNode output, int attempts, long millis, String worker, List<String> evidence) {}
