package dev.godwit.worker;

import dev.godwit.run.TemporalConnection;
import io.grpc.StatusRuntimeException;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.AbstractHealthIndicator;
import io.temporal.api.workflowservice.v1.GetSystemInfoRequest;
import io.temporal.serviceclient.WorkflowServiceStubs;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The worker is healthy while Temporal answers it. */
@Singleton
final class TemporalHealth extends AbstractHealthIndicator<Map<String, String>> {
    private static final long PATIENCE_SECONDS = 2;

    private final WorkflowServiceStubs stubs;
    private final TemporalConnection connection;

    TemporalHealth(WorkflowServiceStubs stubs, TemporalConnection connection) {
        this.stubs = stubs;
        this.connection = connection;
    }

    @Override
    protected Map<String, String> getHealthInformation() {
        try {
            stubs.blockingStub()
                    .withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .getSystemInfo(GetSystemInfoRequest.getDefaultInstance());
            healthStatus = HealthStatus.UP;
            return Map.of("address", connection.address());
        } catch (StatusRuntimeException e) {
            healthStatus = HealthStatus.DOWN;
            return Map.of("address", connection.address(), "error", e.getStatus().getCode().name());
        }
    }

    @Override
    protected String getName() {
        return "temporal";
    }
}
