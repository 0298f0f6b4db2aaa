package dev.godwit.activities.compose;

import dev.godwit.plan.Location;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How services stand.
 *
 * @param containers how many there are of each service
 * @param running how many of them run
 */
public record ServiceStates(Map<String, Integer> containers, Map<String, Integer> running) {
    static ServiceStates of(List<ServiceBefore> services) {
        Map<String, Integer> containers = new TreeMap<>();
        Map<String, Integer> running = new TreeMap<>();
        for (ServiceBefore service : services) {
            containers.put(service.name(), service.containers());
            running.put(service.name(), service.running());
        }
        return new ServiceStates(containers, running);
    }

    /** What a step that does something to services would find. */
    static Preview<ServiceStates> preview(Location location, List<String> names, String would, PreviewContext context)
            throws Exception {
        ReadableCompose compose = context.reading(ComposeKind.class, location);
        Optional<String> maker = context.madeBy(location);
        Preview<ServiceStates> preview = maker.isPresent()
                ? Preview.knownAfter(maker.get())
                : Preview.of(of(ProjectChange.present(compose.containers(context::checkpoint))
                        .stream()
                        .filter(service -> names.contains(service.name()))
                        .toList()));
        return preview.change(would + " " + String.join(", ", names) + " of " + compose.project()).making(location);
    }
}
