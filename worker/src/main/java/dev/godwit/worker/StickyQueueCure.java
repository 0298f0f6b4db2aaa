package dev.godwit.worker;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall;
import io.grpc.MethodDescriptor;
import io.temporal.api.workflowservice.v1.RespondWorkflowTaskCompletedRequest;

/**
 * Keeps workflows off sticky queues. The embedded server never times out a task on the sticky queue of a worker that died,
 * and so would strand its workflows; a real server does, so this is for the embedded one only.
 */
final class StickyQueueCure implements ClientInterceptor {
    private volatile boolean active;

    void activate() {
        active = true;
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        return new ForwardingClientCall.SimpleForwardingClientCall<>(next.newCall(method, options)) {
            @Override
            @SuppressWarnings("unchecked")
            public void sendMessage(Q message) {
                super.sendMessage(active && message instanceof RespondWorkflowTaskCompletedRequest completed
                        ? (Q) completed.toBuilder().clearStickyAttributes().build()
                        : message);
            }
        };
    }
}
