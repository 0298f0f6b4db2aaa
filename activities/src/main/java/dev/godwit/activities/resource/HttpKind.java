package dev.godwit.activities.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.ResourceAccess;
import dev.godwit.step.ResourceKind;
import dev.godwit.step.SpecReader;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A service that answers HTTP requests. The path of a location is the path of a request: {@code v1:detection/status}.
 *
 * <pre>{@code
 * v1: {kind: http, url: 'http://127.0.0.1:8000'}
 * }</pre>
 *
 * <p>Secrets are kept out of the address, because addresses appear in messages. They are headers, or the rest of the
 * address where that is the secret, as with the webhooks of chat services:
 * {@code {kind: http, url: 'https://hooks.slack.com/services', path: {secret: SLACK_HOOK}}}.
 */
@AutoService(ResourceKind.class)
public final class HttpKind implements ResourceKind<HttpService, WritableHttpService> {
    /**
     * @param url where the service is, such as {@code http://localhost:8000}; paths are appended to it
     * @param path what follows the address, as {@code {secret: NAME}}; messages show {@code ***} instead
     * @param headers of every request: texts, or {@code {secret: NAME}}
     * @param connect how long connecting may take
     */
    public record Definition(String url, Optional<SecretName> path, @Default("{}") Map<String, JsonNode> headers,
            @Default("5s") Duration connect) {
        public Definition {
            if (!url.matches("https?://[^/@?#\\s]+(/[^?#\\s]*)?")) {
                throw new IllegalArgumentException(
                        "'" + url + "' is not the address of a service; write one like http://localhost:8000,"
                                + " without user, query or fragment");
            }
            headers.forEach((name, value) -> {
                HttpRequest.newBuilder().header(name, "checked"); // Says which names are impossible.
                boolean secret = value.isObject() && value.size() == 1 && value.path("secret").isTextual();
                if (!secret && (!value.isValueNode() || value.isNull())) {
                    throw new IllegalArgumentException(
                            "headers." + name + " must be a text or {secret: NAME}, and is " + value);
                }
            });
        }
    }

    @Override
    public String name() {
        return "http";
    }

    @Override
    public Class<? extends Record> definition() {
        return Definition.class;
    }

    @Override
    public HttpService read(JsonNode definition, Location location, ResourceAccess access) {
        return connect(definition, location, access);
    }

    @Override
    public WritableHttpService write(JsonNode definition, Location location, ResourceAccess access) {
        return connect(definition, location, access);
    }

    private static HttpConnection connect(JsonNode json, Location location, ResourceAccess access) {
        Definition definition = SpecReader.bind(json, Definition.class);
        Optional<String> secretPath = definition.path()
                .map(path -> access.secret(path.secret()).strip().replaceAll("^/+|/+$", ""));
        List<String> secrets = new ArrayList<>(secretPath.stream().toList());
        Map<String, String> headers = new LinkedHashMap<>();
        definition.headers().forEach((name, value) -> {
            headers.put(name,
                    value.isObject() ? access.secret(value.get("secret").textValue()).strip() : value.asText());
            if (value.isObject()) {
                secrets.add(headers.get(name));
            }
        });
        String url = definition.url().replaceAll("/+$", "");
        return new HttpConnection(
                url + secretPath.map(path -> "/***").orElse("") + "/" + location.path(),
                url + secretPath.map(path -> "/" + path).orElse("") + "/" + location.path(),
                headers, secrets, definition.connect());
    }
}
