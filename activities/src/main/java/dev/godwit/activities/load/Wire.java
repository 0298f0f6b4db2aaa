package dev.godwit.activities.load;

import dev.godwit.activities.resource.HttpEndpoint;
import dev.godwit.json.Json;
import dev.godwit.step.StepFailure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/** How the requests of a load look on the wire: made once, sent many times. */
final class Wire {
    private record Message(HttpMethod method, String target, HttpHeaders headers, ByteBuf body) {}

    private final HttpEndpoint endpoint;
    private final URI service;
    private final Optional<SSLContext> encryption;
    private final List<Message> messages = new ArrayList<>();

    Wire(HttpEndpoint endpoint, List<LoadRequest> requests) {
        this.endpoint = endpoint;
        service = endpoint.uri("");
        encryption = service.getScheme().equals("https") ? Optional.of(trusted()) : Optional.empty();
        requests.forEach(request -> messages.add(message(endpoint, request)));
    }

    /** Where to connect to; the name is looked up anew for each connection. */
    InetSocketAddress address() {
        return InetSocketAddress.createUnresolved(service.getHost().replaceAll("^\\[|]$", ""), port());
    }

    /** What makes a connection a TLS one, with the trust that all of this process has, and the host's name checked. */
    Optional<ChannelHandler> encryption(Channel channel) {
        return encryption.map(context -> {
            SSLEngine engine = context.createSSLEngine(service.getHost(), port());
            engine.setUseClientMode(true);
            SSLParameters parameters = engine.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            engine.setSSLParameters(parameters);
            return new SslHandler(engine);
        });
    }

    /** The address of a path on the wire. */
    String target(String path) {
        return target(endpoint.uri(path));
    }

    /** @param target in place of the one that the message was made with; empty for that */
    FullHttpRequest message(int index, String target) {
        Message message = messages.get(index);
        return new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, message.method(),
                target.isEmpty() ? message.target() : target,
                message.body().retainedDuplicate(), message.headers(), EmptyHttpHeaders.INSTANCE);
    }

    private int port() {
        return service.getPort() >= 0 ? service.getPort() : service.getScheme().equals("https") ? 443 : 80;
    }

    private static Message message(HttpEndpoint endpoint, LoadRequest request) {
        URI uri = endpoint.uri(request.path());
        HttpHeaders headers = new DefaultHttpHeaders();
        headers.set(HttpHeaderNames.HOST, uri.getRawAuthority());
        headers.set(HttpHeaderNames.ACCEPT, "*/*");
        headers.set(HttpHeaderNames.USER_AGENT, "Godwit");
        byte[] body = request.body().map(Json::write).orElse("").getBytes(StandardCharsets.UTF_8);
        if (request.body().isPresent()) {
            headers.set(HttpHeaderNames.CONTENT_TYPE, "application/json");
        }
        if (body.length > 0 || request.method().equals("POST") || request.method().equals("PUT")) {
            headers.set(HttpHeaderNames.CONTENT_LENGTH, body.length);
        }
        endpoint.headers().forEach((name, value) -> set(headers, name, value));
        request.headers().forEach((name, value) -> set(headers, name, value));
        return new Message(HttpMethod.valueOf(request.method()), target(uri), headers,
                Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(body)).asReadOnly());
    }

    private static String target(URI uri) {
        String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        return path + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
    }

    private static void set(HttpHeaders headers, String name, String value) {
        try {
            headers.set(name, value);
        } catch (IllegalArgumentException e) {
            // The exception's message holds the value, which may be a secret.
            throw StepFailure.user("http-header", "the header " + name
                    + " has a name or value that no header can have; see whether its secret has line breaks");
        }
    }

    private static SSLContext trusted() {
        try {
            return SSLContext.getDefault();
        } catch (NoSuchAlgorithmException e) {
            throw StepFailure.external("tls-trust", "this process has no trust store for TLS: " + e.getMessage()
                    + "; see javax.net.ssl.trustStore");
        }
    }
}
