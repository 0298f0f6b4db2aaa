package dev.godwit.activities.resource;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.command.BuildImageCmd;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.BuildResponseItem;
import com.github.dockerjava.api.model.Frame;
import dev.godwit.json.Durations;
import dev.godwit.step.StepFailure;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/** What an engine answers in pieces: logs, commands and builds. */
final class DockerStreams {
    private static final Duration LOG_WITHIN = Duration.ofSeconds(20);
    private static final int LAST_LINES = 10;
    private static final int LONGEST_LINE = 1_000;

    private final DockerClient client;
    private final DockerCalls calls;

    DockerStreams(DockerClient client, DockerCalls calls) {
        this.client = client;
        this.calls = calls;
    }

    List<String> lastLines(String container, int count) {
        Lines lines = new Lines(count);
        Piecemeal<Frame> frames = new Piecemeal<>(frame -> lines.add(frame.getPayload()));
        try (frames) {
            calls.tell("show the log of " + container,
                    () -> client.logContainerCmd(container)
                            .withStdOut(true)
                            .withStdErr(true)
                            .withTail(count)
                            .exec(frames));
            frames.await("show the log of " + container, LOG_WITHIN, () -> {});
        } catch (StepFailure | DockerException e) {
            return List.of("(the log cannot be read: " + e.getMessage() + ")");
        }
        return lines.last();
    }

    WritableDocker.Ended execute(String container, List<String> command, Duration within, Runnable whileWaiting) {
        String what = "run '" + command.getFirst() + "' in the container " + container;
        Lines lines = new Lines(LAST_LINES * 1_000);
        Piecemeal<Frame> frames = new Piecemeal<>(frame -> lines.add(frame.getPayload()));
        try (frames) {
            String id = calls.once(what, () -> client.execCreateCmd(container)
                    .withCmd(command.toArray(String[]::new))
                    .withAttachStdout(true)
                    .withAttachStderr(true)
                    .exec()
                    .getId());
            calls.once(what, () -> client.execStartCmd(id).exec(frames));
            frames.await(what, within, whileWaiting);
            Long exitCode = calls.ask(what, () -> client.inspectExecCmd(id).exec().getExitCodeLong());
            return new WritableDocker.Ended(exitCode == null ? -1 : exitCode, lines.last());
        } catch (DockerException e) {
            throw calls.failed(what, e);
        }
    }

    void build(WritableDocker.Build build, Consumer<String> log, Runnable whileWaiting) {
        String what = "build the image " + build.name();
        Lines lines = new Lines(LAST_LINES);
        StringBuilder error = new StringBuilder();
        BuildImageCmd command = client.buildImageCmd()
                .withBaseDirectory(build.directory().toFile())
                .withDockerfile(build.dockerfile().toFile())
                .withTags(Set.of(build.name()))
                .withLabels(build.labels())
                .withNoCache(build.refresh())
                .withForcerm(true);
        build.arguments().forEach(command::withBuildArg);
        if (!build.target().isEmpty()) {
            command.withTarget(build.target());
        }
        Piecemeal<BuildResponseItem> items = new Piecemeal<>(item -> {
            if (item.getStream() != null) {
                log.accept(item.getStream());
                lines.add(item.getStream().getBytes(StandardCharsets.UTF_8));
            }
            if (item.isErrorIndicated() && item.getErrorDetail() != null) {
                error.append(item.getErrorDetail().getMessage());
            }
        });
        try (items) {
            // It reads the whole directory first, to send it.
            calls.tell(what, () -> command.exec(items), Duration.ofDays(1), whileWaiting);
            items.await(what, Duration.ofDays(1), whileWaiting);
        } catch (DockerException e) {
            throw DockerCalls.said(e).contains("Dockerfile") || DockerCalls.said(e).contains("dockerfile")
                    ? StepFailure.user("dockerfile-refused", "cannot " + what + ": " + DockerCalls.said(e)
                            + "; correct " + build.dockerfile()).causedBy(e)
                    : calls.failed(what, e);
        }
        if (!error.isEmpty()) {
            boolean full = error.toString().contains("no space left on device")
                    || lines.last().stream().anyMatch(line -> line.toLowerCase().contains("no space left on device"));
            String message = "cannot " + what + ": " + error + "; its log ends:\n" + String.join("\n", lines.last());
            throw full
                    ? StepFailure.external("disk-full",
                            message + "\nfree some space on the engine's machine, then retry")
                    : StepFailure.user("build-failed", message).notRetryable();
        }
    }

    /** The last whole lines of a stream that comes in pieces of any size. */
    private static final class Lines {
        private final int count;
        private final Deque<String> lines = new ArrayDeque<>();
        private final StringBuilder open = new StringBuilder();

        Lines(int count) {
            this.count = count;
        }

        synchronized void add(byte[] piece) {
            for (char c : new String(piece, StandardCharsets.UTF_8).toCharArray()) {
                if (c == '\n') {
                    close();
                } else if (open.length() < LONGEST_LINE) {
                    open.append(c);
                }
            }
        }

        private void close() {
            String line = open.toString().stripTrailing();
            open.setLength(0);
            if (!line.isBlank()) {
                lines.add(line);
            }
            if (lines.size() > count) {
                lines.remove();
            }
        }

        synchronized List<String> last() {
            close();
            return List.copyOf(lines);
        }
    }

    /** Takes the pieces of an answer as they come. */
    private static final class Piecemeal<T> implements ResultCallback<T> {
        private final Consumer<T> consumer;
        private final CountDownLatch ended = new CountDownLatch(1);
        private volatile Throwable failure;
        private volatile Closeable stream;

        Piecemeal(Consumer<T> consumer) {
            this.consumer = consumer;
        }

        @Override
        public void onStart(Closeable opened) {
            stream = opened;
        }

        @Override
        public void onNext(T piece) {
            consumer.accept(piece);
        }

        @Override
        public void onError(Throwable thrown) {
            failure = thrown;
            ended.countDown();
        }

        @Override
        public void onComplete() {
            ended.countDown();
        }

        @Override
        public void close() {
            try {
                if (stream != null) {
                    stream.close();
                }
            } catch (IOException e) {
                // The engine has hung up already.
            }
        }

        void await(String what, Duration within, Runnable whileWaiting) {
            long deadline = System.nanoTime() + within.toNanos();
            while (ended.getCount() > 0) {
                if (System.nanoTime() > deadline) {
                    throw StepFailure.external("docker-silent", "Docker did not " + what + " within "
                            + Durations.format(within) + "; see whether it is well, then retry");
                }
                Polling.pause(whileWaiting);
            }
            if (failure instanceof DockerException answer) {
                throw answer;
            }
            if (failure != null) {
                throw StepFailure.external("docker-unreachable", "Docker cannot " + what + ": the connection broke ("
                        + failure.getMessage() + "); retry when the engine answers").causedBy(failure);
            }
        }
    }
}
