package dev.godwit.worker;

import io.temporal.api.workflowservice.v1.GetSystemInfoRequest;
import io.temporal.serviceclient.WorkflowServiceStubs;
import jakarta.inject.Singleton;

/** Which Temporal the worker talks to. */
@Singleton
final class ServerKind {
    private final WorkflowServiceStubs stubs;
    private volatile Boolean embedded;

    ServerKind(WorkflowServiceStubs stubs) {
        this.stubs = stubs;
    }

    /** The embedded server is the only one without a version. */
    boolean embedded() {
        if (embedded == null) {
            embedded = stubs.blockingStub()
                    .getSystemInfo(GetSystemInfoRequest.getDefaultInstance())
                    .getServerVersion()
                    .isEmpty();
        }
        return embedded;
    }
}
