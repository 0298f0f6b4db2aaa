package dev.godwit.activities.resource;

import com.github.dockerjava.api.exception.BadRequestException;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import dev.godwit.json.Durations;
import dev.godwit.step.StepFailure;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Calls of a Docker engine: bounded in time, tried again while the engine itself is being restarted, and translated where
 * they fail.
 */
final class DockerCalls {
    private static final Duration USUALLY = Duration.ofSeconds(60);
    /** An engine that is restarted is back in less; a step that says nothing for longer is taken for dead. */
    private static final Duration RESTARTED_WITHIN = Duration.ofSeconds(10);
    private static final long GLANCE_MILLIS = 100;
    private static final Runnable NOTHING = () -> {};
    private static final ExecutorService CALLS = Executors.newVirtualThreadPerTaskExecutor();

    private final String engine;

    /** @param engine for people */
    DockerCalls(String engine) {
        this.engine = engine;
    }

    <T> T ask(String what, Supplier<T> call) {
        return ask(what, call, USUALLY, NOTHING);
    }

    void tell(String what, Runnable call) {
        tell(what, call, USUALLY, NOTHING);
    }

    void tell(String what, Runnable call, Duration within, Runnable whileWaiting) {
        ask(what, () -> {
            call.run();
            return true;
        }, within, whileWaiting);
    }

    /** @throws DockerException as it came, where the engine itself has answered, for callers that know what it means */
    <T> T ask(String what, Supplier<T> call, Duration within, Runnable whileWaiting) {
        long unreachable = 0;
        while (true) {
            try {
                return await(what, CALLS.submit(call::get), within, whileWaiting);
            } catch (Unreachable e) {
                unreachable = unreachable == 0 ? System.nanoTime() : unreachable;
                if (System.nanoTime() - unreachable > RESTARTED_WITHIN.toNanos()) {
                    throw unreachable(e.getCause());
                }
                Polling.pause(whileWaiting);
            }
        }
    }

    /** Calls without a second try, for what an engine may have done although its answer was lost. */
    <T> T once(String what, Supplier<T> call) {
        try {
            return await(what, CALLS.submit(call::get), USUALLY, NOTHING);
        } catch (Unreachable e) {
            throw unreachable(e.getCause());
        }
    }

    /** What the engine has answered, as a failure; nothing is known of what it means to the step. */
    StepFailure failed(String what, DockerException answer) {
        String said = said(answer);
        String subject = engine + " cannot " + what + ": " + said;
        if (said.contains("no space left on device")) {
            return StepFailure.external("disk-full", subject + "; free some space on its machine, then retry");
        }
        StepFailure failure = switch (answer) {
            case NotFoundException missing -> StepFailure.user("docker-missing", subject + "; make it, or correct its"
                    + " name");
            case BadRequestException refused -> StepFailure.user("docker-refused", subject + "; change the plan");
            case ConflictException conflict -> StepFailure.external("docker-conflict", subject + "; see what uses it,"
                    + " then retry");
            default -> StepFailure.external("docker-failed", subject + "; see the engine's log, then retry");
        };
        return failure.causedBy(answer);
    }

    /** The engine's own sentence. */
    static String said(DockerException answer) {
        String message = String.valueOf(answer.getMessage());
        int begin = message.indexOf("{\"message\":\"");
        return begin < 0
                ? message.strip()
                : message.substring(begin + 12)
                        .replaceAll("\"}\\s*$", "")
                        .replace("\\n", " ")
                        .replace("\\\"", "\"")
                        .strip();
    }

    private <T> T await(String what, Future<T> answer, Duration within, Runnable whileWaiting) {
        long deadline = System.nanoTime() + within.toNanos();
        try {
            while (true) {
                try {
                    return answer.get(GLANCE_MILLIS, TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    whileWaiting.run();
                    if (System.nanoTime() > deadline) {
                        throw StepFailure.external("docker-silent", engine + " did not " + what + " within "
                                + Durations.format(within) + "; see whether it is well, then retry");
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            whileWaiting.run();
            throw StepFailure.external("interrupted", "interrupted while waiting for Docker");
        } catch (ExecutionException e) {
            throw explained(what, e.getCause());
        } finally {
            answer.cancel(true);
        }
    }

    private RuntimeException explained(String what, Throwable thrown) {
        if (thrown instanceof DockerException || thrown instanceof StepFailure || thrown instanceof Unreachable) {
            return (RuntimeException) thrown;
        }
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException io) {
                return denied(io)
                        ? StepFailure.user("docker-denied", engine + " refuses this worker ("
                                + io.getMessage()
                                + "); run the worker as a user of the group docker, or name certificates")
                                .causedBy(thrown)
                        : new Unreachable(io);
            }
        }
        return StepFailure.internal("docker-unexpected",
                engine + " cannot " + what + ": unexpected " + thrown + "; this is a fault in Godwit, please report it")
                .causedBy(thrown);
    }

    private static boolean denied(IOException failure) {
        String message = String.valueOf(failure.getMessage());
        return failure instanceof AccessDeniedException || message.contains("Permission denied")
                || failure instanceof FileNotFoundException && message.contains("denied");
    }

    private StepFailure unreachable(Throwable why) {
        return StepFailure.external("docker-unreachable", engine + " cannot be reached (" + why.getMessage()
                + "); start it, or correct its address, then retry").causedBy(why);
    }

    private static final class Unreachable extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Unreachable(IOException cause) {
            super(cause);
        }
    }
}
