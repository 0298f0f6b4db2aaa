package dev.godwit.activities.proxy;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.activities.resource.HttpKind;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.ResourceAccess;
import dev.godwit.step.ResourceKind;
import dev.godwit.step.SpecReader;
import dev.godwit.step.StepFailure;
import java.util.List;
import java.util.Map;

/**
 * A reverse proxy whose requests can be sent elsewhere while it serves: nginx. The block {@code upstream} stands in a
 * file of its own, which the site's configuration includes; only the addresses of its servers change.
 *
 * <pre>{@code
 * front:
 *   kind: proxy
 *   serves: clients
 *   nginx: {configuration: 'v1_home:nginx/upstream.conf', upstream: plates}
 * }</pre>
 *
 * <p>The configuration of nginx then says {@code include /srv/v1/nginx/upstream.conf;} beside the servers, and
 * {@code proxy_pass http://plates;} within one.
 *
 * <p>An nginx in a container is told through {@code inside}: {@code inside: [docker, exec, front]}. The container then
 * mounts the directory of the file, and not the file alone, for a file that is replaced is another one. The proxy may
 * know services by other addresses than the worker does: {@code addresses: {v1: 'plates-v1:8000'}}.
 */
@AutoService(ResourceKind.class)
public final class ProxyKind implements ResourceKind<ReadableProxy, WritableProxy> {
    /**
     * @param serves what clients ask
     * @param addresses by which the proxy reaches services, by the names of their resources; those of the resources by
     *     default
     * @param nginx the nginx that it is
     */
    public record Definition(@Of("http") Location serves, @Default("{}") Map<String, String> addresses, Nginx nginx) {
        public Definition {
            addresses.forEach((service, address) -> new Share(address, 1));
        }
    }

    /**
     * @param configuration the file that holds the upstream
     * @param upstream its name
     * @param command the program, with the arguments by which it finds its configuration
     * @param pidFile where nginx writes its process id
     * @param inside the command through which all others are run, where nginx runs
     */
    public record Nginx(@Of("directory") Location configuration, String upstream,
            @Default("[\"nginx\"]") List<String> command, @Default("/run/nginx.pid") String pidFile,
            @Default("[]") List<String> inside) {
        public Nginx {
            if (command.isEmpty()) {
                throw new IllegalArgumentException("command must name a program");
            }
        }
    }

    @Override
    public String name() {
        return "proxy";
    }

    @Override
    public Class<? extends Record> definition() {
        return Definition.class;
    }

    @Override
    public ReadableProxy read(JsonNode definition, Location location, ResourceAccess access) throws Exception {
        return open(definition, location, access);
    }

    @Override
    public WritableProxy write(JsonNode definition, Location location, ResourceAccess access) throws Exception {
        return open(definition, location, access);
    }

    private static NginxProxy open(JsonNode json, Location location, ResourceAccess access) throws Exception {
        if (!location.path().isEmpty()) {
            throw StepFailure.user("proxy-path", location + ": a proxy has no paths; write " + location.resource());
        }
        Definition definition = SpecReader.bind(json, Definition.class);
        return new NginxProxy(location, definition,
                access.reading(DirectoryKind.class, definition.nginx().configuration()),
                access.reading(HttpKind.class, definition.serves()), access);
    }
}
