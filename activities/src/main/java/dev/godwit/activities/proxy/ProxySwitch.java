package dev.godwit.activities.proxy;

import com.google.auto.service.AutoService;
import dev.godwit.json.Jq;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Sends the requests that come to a proxy to another service, without losing one. The new service is seen answering;
 * the address is written into the proxy's configuration, whole or not at all; the proxy tests that and takes it; new
 * processes of the proxy are seen serving the new service while the old ones finish what they have; and when these
 * have ended the old service has no request any more and may be stopped.
 *
 * <pre>{@code
 * - name: cutover
 *   uses: proxy.switch
 *   with:
 *     proxy: front
 *     from: v1
 *     to: v2
 *     health: {path: /health, expect: '.version == "2.0"'}
 * }</pre>
 *
 * <p>With {@code share: 10} only ten of a hundred requests go to the new service, and a later step can send it more.
 *
 * <p>A switch that fails is taken back at once: the configuration is what it was, and the old service serves. The
 * proxy serves one of the two throughout. Undo does the same in the other direction, after it has seen the old service
 * answering; a configuration that others have changed since is set aside and named in the report.
 *
 * <p>Clients that keep connections open find an idle one closed, which HTTP allows at any time; they try again unless
 * they were told not to.
 *
 * <p>Errors: {@code proxy-not-running}; {@code proxy-configuration-invalid} with the proxy's own words, also if
 * somebody else broke it before; {@code proxy-elsewhere} if requests do not go to {@code from}; {@code
 * service-unhealthy} if the side that is to serve does not answer; {@code proxy-not-reloaded}; {@code
 * proxy-not-serving} if that side answers but not through the proxy; {@code proxy-configuration-changed} if others
 * have changed the file while the step was interrupted; {@code proxy-not-drained} if the old processes take longer
 * than {@code drain}: the new service serves by then, and a retry waits again.
 */
@Uses(value = "proxy.switch", kind = StepKind.TRAFFIC)
@AutoService(StepType.class)
public final class ProxySwitch implements StepType<ProxySwitch.Spec, ProxySwitch.Output> {
    /**
     * @param proxy whose requests are sent elsewhere
     * @param from the service that serves now
     * @param to the service that is to serve
     * @param share how many of a hundred requests go to it; the others still go where they go now
     * @param health how a service is seen answering, by itself and through the proxy
     * @param drain how long the proxy's old processes may take to finish what they have; 0s does not wait for that
     */
    public record Spec(@Of("proxy") Location proxy, @Of("http") Location from, @Of("http") Location to,
            @Default("100") int share, @Default("{}") Health health, @Default("60s") Duration drain) {
        public Spec {
            if (share < 1 || share > 100) {
                throw new IllegalArgumentException("share must be 1 to 100, and is " + share);
            }
            if (from.equals(to)) {
                throw new IllegalArgumentException("from and to are both " + to + "; name two services");
            }
        }
    }

    /**
     * @param path of the request; an answer with status 2xx is needed
     * @param expect a condition on the JSON content that only the new service fulfils
     * @param within how long that may take
     */
    public record Health(@Default("") String path, Optional<Jq> expect, @Default("30s") Duration within) {}

    /**
     * @param before where requests went
     * @param now where they go
     * @param drained whether the proxy's old processes were seen ended
     * @param seconds how long it took until the new service was seen serving through the proxy
     */
    public record Output(List<Share> before, List<Share> now, boolean drained, double seconds) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        ReadableProxy proxy = context.reading(ProxyKind.class, spec.proxy());
        Optional<String> maker = context.madeBy(spec.proxy()).or(() -> context.madeBy(proxy.configurationLocation()));
        Preview<Output> preview = maker.isPresent()
                ? Preview.<Output>knownAfter(maker.get())
                        .change("would send the requests of " + spec.proxy() + " to " + proxy.address(spec.to()))
                : seen(spec, proxy, context);
        return preview.making(spec.proxy()).making(proxy.configurationLocation()).making(proxy.clientsLocation());
    }

    private static Preview<Output> seen(Spec spec, ReadableProxy proxy, PreviewContext context) throws Exception {
        String text = Files.readString(proxy.configuration(), StandardCharsets.ISO_8859_1);
        List<Share> before = proxy.shares(text);
        Route route = Route.of(spec, proxy);
        Preview<Output> preview = Preview.withoutOutput();
        Optional<String> trouble = proxy.trouble(context::checkpoint);
        if (trouble.isPresent()) {
            preview = preview.change(trouble.get() + ", and must by then");
        }
        if (!route.leadsFrom(before)) {
            return preview.change("requests of " + spec.proxy() + " go to " + Share.describe(before)
                    + " now, and must go to " + route.from() + " by then");
        }
        List<Share> after = route.after(before);
        preview = preview.change("would send the requests of " + spec.proxy() + " to " + Share.describe(after)
                + " instead of " + Share.describe(before) + ", in " + proxy.configurationLocation());
        List<String> lines = text.lines().toList();
        List<String> changed = proxy.routed(text, after).lines().toList();
        for (String line : lines.stream().filter(line -> !changed.contains(line)).toList()) {
            preview = preview.change("- " + line.strip());
        }
        for (String line : changed.stream().filter(line -> !lines.contains(line)).toList()) {
            preview = preview.change("+ " + line.strip());
        }
        return preview;
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        return TrafficSwitch.open(spec, context).run();
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        TrafficSwitch.open(spec, context).undo();
    }
}
