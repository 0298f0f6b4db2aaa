package dev.godwit.activities.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.ResourceAccess;
import dev.godwit.step.ResourceKind;
import dev.godwit.step.SpecReader;
import java.net.URI;
import java.time.Duration;

/**
 * A service that answers HTTP requests. The path of a location is the path of a request: {@code v1:detection/status}.
 *
 * <pre>{@code
 * v1: {kind: http, url: 'http://127.0.0.1:8000'}
 * }</pre>
 */
@AutoService(ResourceKind.class)
public final class HttpKind implements ResourceKind<HttpService, WritableHttpService> {
    /**
     * @param url where the service is, such as {@code http://localhost:8000}; paths are appended to it
     * @param connect how long connecting may take
     */
    public record Definition(String url, @Default("5s") Duration connect) {
        public Definition {
            if (!url.matches("https?://[^/@?#\\s]+(/[^?#\\s]*)?")) {
                throw new IllegalArgumentException(
                        "'" + url + "' is not the address of a service; write one like http://localhost:8000,"
                                + " without user, query or fragment");
            }
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
        return connect(definition, location);
    }

    @Override
    public WritableHttpService write(JsonNode definition, Location location, ResourceAccess access) {
        return connect(definition, location);
    }

    private static HttpConnection connect(JsonNode json, Location location) {
        Definition definition = SpecReader.bind(json, Definition.class);
        URI base = URI.create(definition.url().replaceAll("/+$", "") + "/" + location.path());
        return new HttpConnection(base, definition.connect());
    }
}
