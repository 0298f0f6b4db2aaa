package dev.godwit.worker;

import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowExecutionMetadata;
import io.temporal.common.SearchAttributeKey;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Which runs under way hold which build of a worker deployment: a build must be up until none holds it. */
final class HeldBuilds {
    private static final SearchAttributeKey<String> VERSION = SearchAttributeKey
            .forKeyword("TemporalWorkerDeploymentVersion");
    private static final String RUNS = "WorkflowType = 'Migration' and ExecutionStatus = 'Running' and ";
    private static final int NAMED = 5;
    private static final int LOOKED_AT = 1000;

    private HeldBuilds() {}

    /** The runs that hold a build. */
    static List<String> runsOf(WorkflowClient client, Build build) {
        return list(client, VERSION.getName() + " = '" + build.version().replace("'", "''") + "'").values()
                .stream()
                .flatMap(List::stream)
                .toList();
    }

    /** All held builds, with their runs. */
    static Map<String, List<String>> all(WorkflowClient client) {
        return list(client, VERSION.getName() + " is not null");
    }

    private static Map<String, List<String>> list(WorkflowClient client, String which) {
        try (Stream<WorkflowExecutionMetadata> runs = client.listExecutions(RUNS + which)) {
            return runs.limit(LOOKED_AT)
                    .collect(Collectors.groupingBy(run -> run.getTypedSearchAttributes().get(VERSION), TreeMap::new,
                            Collectors.mapping(run -> run.getExecution().getWorkflowId(), Collectors.toList())));
        }
    }

    /** The first few of them, for people. */
    static String describe(List<String> runs) {
        return runs.stream().limit(NAMED).collect(Collectors.joining(", "))
                + (runs.size() > NAMED ? " and " + (runs.size() - NAMED) + " more" : "");
    }
}
