package dev.godwit.activities.monitor;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import dev.godwit.activities.monitor.GrafanaDashboards.Stored;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Imports dashboards into a Grafana over its HTTP API: {@code POST /api/dashboards/db}, one for each file. A file holds what
 * Grafana exports, or the body of that request, with the dashboard under {@code dashboard}. A dashboard is known by its
 * {@code uid}; one without gets one that follows from its title, so that the next import is of the same dashboard.
 *
 * <pre>{@code
 * - name: dashboards
 *   uses: monitor.dashboards
 *   with:
 *     grafana: grafana
 *     from: ['v2_home:grafana-dashboard.json']
 * }</pre>
 *
 * <p>Users and tokens are a header of the resource:
 * {@code {kind: http, url: 'http://grafana:3000', headers: {Authorization: {secret: GRAFANA_AUTHORIZATION}}}}, with
 * {@code Basic ...} or {@code Bearer ...} as its value.
 *
 * <p>A dashboard that is there as it should be is left alone. Another version is kept, with its folder, and replaced. Undo
 * puts it back, as a newer version of it; a dashboard that was not there is deleted. What others have made of one since is
 * set aside as a file, and named.
 *
 * <p>The preview says which dashboards are new. A Grafana that does not answer then does not fail it: an earlier step may be
 * the one that starts it.
 *
 * <p>This has been tried with a server that speaks this API as Grafana's documentation describes it, and not with Grafana
 * itself.
 *
 * <p>Errors: {@code dashboard-unfit} (a file is not what the documented API takes; all faults at once),
 * {@code dashboard-refused} (with Grafana's reason), {@code grafana-forbidden}, {@code grafana-unreachable},
 * {@code file-missing}.
 */
@Uses(value = "monitor.dashboards", kind = StepKind.CONFIG)
@AutoService(StepType.class)
public final class MonitorDashboards implements StepType<MonitorDashboards.Spec, MonitorDashboards.Output> {
    private static final String DONE = "done";

    /**
     * @param grafana its HTTP API
     * @param from the files
     * @param folder the uid of the folder that they go to; the topmost by default
     * @param within how long an answer may take
     */
    public record Spec(@Of("http") Location grafana, @Of("directory") List<Location> from, Optional<String> folder,
            @Default("30s") Duration within) {
        public Spec {
            if (from.isEmpty()) {
                throw new IllegalArgumentException("from must name a file");
            }
        }
    }

    /**
     * @param made the uids of the dashboards that were not there
     * @param replaced the uids of those that were there in another version
     * @param kept the uids of those that were there as they should be
     */
    public record Output(List<String> made, List<String> replaced, List<String> kept) {}

    /**
     * What the step remembers of a dashboard before it changes it.
     *
     * @param uid of the dashboard
     * @param before what was there
     * @param made what the step puts there
     */
    record Change(String uid, Optional<Stored> before, JsonNode made) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        for (Location file : spec.from()) {
            Optional<String> maker = context.madeBy(file).or(() -> context.madeBy(spec.grafana()));
            if (maker.isPresent()) {
                return Preview.<Output>knownAfter(maker.get()).making(spec.grafana());
            }
        }
        List<DashboardFile> files = read(spec, context);
        try {
            return compared(files, spec, context);
        } catch (StepFailure failure) {
            if (!(failure.getCause() instanceof IOException)) {
                throw failure;
            }
            // An earlier step of the plan may be the one that starts it.
            Preview<Output> preview = Preview.<Output>withoutOutput()
                    .change(failure.getMessage() + "; unless an earlier step starts it, the run will fail here");
            for (DashboardFile file : files) {
                preview = preview.change("'" + file.title() + "' (" + file.uid() + ") would be imported");
            }
            return preview.making(spec.grafana());
        }
    }

    private static Preview<Output> compared(List<DashboardFile> files, Spec spec, PreviewContext context)
            throws Exception {
        GrafanaDashboards grafana = new GrafanaDashboards(spec, context);
        Output output = none();
        Preview<Output> preview = Preview.of(output);
        for (DashboardFile file : files) {
            List<String> group = group(output, grafana.find(file.uid()), file, spec);
            group.add(file.uid());
            preview = preview.change("'" + file.title() + "' (" + file.uid() + ") " + (group == output.made()
                    ? "is new"
                    : group == output.replaced() ? "is there in another version, which is kept" : "is there already"));
        }
        return preview.making(spec.grafana());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Optional<Output> done = context.journal().read(DONE, Output.class);
        if (done.isPresent()) {
            return done.get();
        }
        GrafanaDashboards grafana = new GrafanaDashboards(spec, context);
        Output output = none();
        for (DashboardFile file : read(spec, context)) {
            context.checkpoint();
            Optional<Change> begun = context.journal().read(entry(file.uid()), Change.class);
            if (begun.isEmpty()) {
                Change change = new Change(file.uid(), grafana.find(file.uid()), file.dashboard());
                context.journal().write(entry(file.uid()), change);
                context.journal().append("changed", List.of(file.uid()));
                begun = Optional.of(change);
            }
            group(output, begun.get().before(), file, spec).add(file.uid());
            if (!isThere(grafana.find(file.uid()), file, spec)) {
                grafana.save(file.dashboard(), spec.folder(), context);
            }
        }
        context.journal().write(DONE, output);
        return output;
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        List<String> uids = new ArrayList<>();
        context.journal().scan("changed", String.class, uids::add);
        GrafanaDashboards grafana = new GrafanaDashboards(spec, context);
        for (String uid : uids.stream().distinct().toList().reversed()) {
            String undone = "undone." + uid;
            if (context.journal().read(undone, Boolean.class).isEmpty()) {
                takeBack(grafana, context.journal().read(entry(uid), Change.class).orElseThrow(), context);
                context.journal().write(undone, true);
            }
        }
    }

    private static void takeBack(GrafanaDashboards grafana, Change change, RunContext context) throws Exception {
        Optional<Stored> now = grafana.find(change.uid());
        boolean asBefore = now.isPresent() == change.before().isPresent()
                && now.map(stored -> stored.same(change.before().get())).orElse(true);
        if (asBefore) {
            return;
        }
        if (now.isPresent() && !now.get().has(change.made())) {
            Path aside = context.setAside().resolve(change.uid() + ".json");
            Files.createDirectories(aside.getParent());
            Files.writeString(aside, Json.pretty(now.get().dashboard()));
            context.reportSetAside("the dashboard " + change.uid(), aside);
        }
        if (change.before().isPresent()) {
            grafana.save(change.before().get().dashboard(), change.before().get().folder(), context);
        } else {
            grafana.delete(change.uid(), context);
        }
    }

    private static List<String> group(Output output, Optional<Stored> before, DashboardFile file, Spec spec) {
        if (before.isEmpty()) {
            return output.made();
        }
        return isThere(before, file, spec) ? output.kept() : output.replaced();
    }

    private static boolean isThere(Optional<Stored> stored, DashboardFile file, Spec spec) {
        return stored.map(there -> there.has(file.dashboard()) && there.folder().equals(spec.folder())).orElse(false);
    }

    private static Output none() {
        return new Output(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    private static String entry(String uid) {
        return "dashboard." + uid;
    }

    private static List<DashboardFile> read(Spec spec, PreviewContext context) throws Exception {
        Map<String, DashboardFile> files = new LinkedHashMap<>();
        List<String> faults = new ArrayList<>();
        for (Location location : spec.from()) {
            byte[] content = Files.readAllBytes(context.reading(DirectoryKind.class, location).file());
            try {
                DashboardFile file = DashboardFile.read(content);
                if (files.put(file.uid(), file) != null) {
                    faults.add(location + ": another file has the uid " + file.uid() + ", too");
                }
            } catch (IllegalArgumentException e) {
                faults.add(location + ": " + e.getMessage());
            }
        }
        if (!faults.isEmpty()) {
            throw StepFailure.user("dashboard-unfit",
                    "monitor.dashboards: " + String.join("; ", faults) + "; correct it, or export it anew");
        }
        return List.copyOf(files.values());
    }
}
