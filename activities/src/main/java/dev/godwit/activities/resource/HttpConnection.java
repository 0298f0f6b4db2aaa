package dev.godwit.activities.resource;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Durations;
import dev.godwit.json.Json;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** HTTP/1.1 with the JDK's client. One request is bounded as a whole, which the client's own timeouts do not do. */
final class HttpConnection implements WritableHttpService, AutoCloseable {
    private static final int LARGEST_CONTENT = 16 << 20;
    private static final long GLANCE = TimeUnit.MILLISECONDS.toNanos(250);
    private static final ExecutorService REQUESTS = Executors.newVirtualThreadPerTaskExecutor();

    private final HttpEndpoint endpoint;
    private final HttpClient client;

    /**
     * @param shown the address for people, without secrets
     * @param base the address
     * @param headers of every request
     * @param secrets which of all that are secrets
     * @param connect how long connecting may take
     */
    HttpConnection(String shown, String base, Map<String, String> headers, Collection<String> secrets,
            Duration connect) {
        this.endpoint = new HttpEndpoint(shown, base, headers, secrets, connect);
        this.client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(connect).build();
    }

    @Override
    public URI uri(String path) {
        return endpoint.shown(path);
    }

    @Override
    public HttpEndpoint endpoint() {
        return endpoint;
    }

    @Override
    public Answer get(String path, Content content, Duration within, Runnable whileWaiting) throws IOException {
        return send("GET", path, Optional.empty(), content, within, whileWaiting);
    }

    @Override
    public Answer send(String method, String path, Map<String, String> more, Optional<JsonNode> body, Content content,
            Duration within, Runnable whileWaiting) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(endpoint.uri(path))
                .method(method,
                        body.map(json -> BodyPublishers.ofString(Json.write(json))).orElseGet(BodyPublishers::noBody));
        if (body.isPresent()) {
            request.header("Content-Type", "application/json");
        }
        endpoint.headers().forEach((name, value) -> header(request, name, value));
        more.forEach((name, value) -> header(request, name, value));
        Future<Answer> answer = REQUESTS.submit(() -> exchange(request.build(), content));
        try {
            return await(answer, within, whileWaiting);
        } catch (TimeoutException e) {
            throw new IOException("no whole answer from " + uri(path) + " within " + Durations.format(within), e);
        } catch (ExecutionException e) {
            throw explained(uri(path), e.getCause());
        } finally {
            answer.cancel(true);
        }
    }

    private static void header(HttpRequest.Builder request, String name, String value) {
        try {
            request.setHeader(name, value);
        } catch (IllegalArgumentException e) {
            // The exception's message holds the value, which may be a secret.
            throw StepFailure.user("http-header", "the value of the header " + name
                    + " holds characters that no header can; see whether its secret has line breaks");
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }

    private static Answer await(Future<Answer> answer, Duration within, Runnable whileWaiting)
            throws ExecutionException, TimeoutException, IOException {
        long deadline = System.nanoTime() + within.toNanos();
        while (true) {
            long left = deadline - System.nanoTime();
            try {
                return answer.get(Math.min(GLANCE, left), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                if (left <= GLANCE) {
                    throw e;
                }
                whileWaiting.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
    }

    private Answer exchange(HttpRequest request, Content content) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        HttpResponse<InputStream> response = client.send(request, BodyHandlers.ofInputStream());
        try (InputStream in = response.body()) {
            byte[] bytes = content == Content.IGNORED ? new byte[0] : in.readNBytes(LARGEST_CONTENT + 1);
            if (bytes.length > LARGEST_CONTENT) {
                throw new IOException("the answer is larger than 16 MiB");
            }
            return new Answer(response.statusCode(), response.headers().map(), bytes,
                    Duration.ofNanos(System.nanoTime() - begun));
        }
    }

    /** The JDK's exceptions mostly have no message. */
    private IOException explained(URI uri, Throwable cause) {
        String authority = uri.getAuthority();
        if (cause instanceof HttpConnectTimeoutException) {
            return new ConnectException("cannot connect to " + authority + " (no answer)");
        }
        if (cause instanceof ConnectException) {
            String why = cause.getCause() instanceof UnresolvedAddressException
                    ? "no such host"
                    : cause.getMessage() == null || cause.getCause() instanceof ClosedChannelException
                            ? "connection refused"
                            : cause.getMessage();
            return new ConnectException("cannot connect to " + authority + " (" + why + ")");
        }
        String message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new IOException(uri + ": " + endpoint.withoutSecrets(message));
    }
}
