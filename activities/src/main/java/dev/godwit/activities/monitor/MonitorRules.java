package dev.godwit.activities.monitor;

import com.google.auto.service.AutoService;
import dev.godwit.activities.config.UnifiedDiff;
import dev.godwit.activities.files.FileAttributes;
import dev.godwit.activities.files.FileBatch;
import dev.godwit.activities.files.FileChanges;
import dev.godwit.activities.files.FileChanges.Existing;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.activities.resource.Polling;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Gives a Prometheus a file of alerting and recording rules, and sees it work by them. The file is checked with
 * {@code promtool} where the worker has it, put where Prometheus reads its rules, and loaded; the step is done when
 * Prometheus itself says that it has every rule of it, with its expression, labels, annotations and duration.
 *
 * <pre>{@code
 * - name: alerts
 *   uses: monitor.rules
 *   with:
 *     prometheus: metrics
 *     from: v2_home:prometheus-alerts.yml
 *     to: v2_home:prometheus/rules/alerts.yml
 * }</pre>
 *
 * <p>Prometheus is told to load it by {@code POST /-/reload}, which it allows with {@code --web.enable-lifecycle}; or, with
 * {@code signal}, by SIGHUP to its process or container. Its configuration must name the place in {@code rule_files}.
 *
 * <p>A file that Prometheus refuses, or may not be told to load, is taken back at once, so that it does not keep Prometheus
 * from starting the next time.
 *
 * <p>The preview checks the file, too, and shows a unified diff, which the evidence has as {@code changes.diff}. Undo puts
 * back the file that was there, or removes it if there was none, and has it loaded; a Prometheus that does not answer then
 * reads it when it starts. If others changed the file since, their version is set aside and named.
 *
 * <p>Errors: {@code rules-invalid} (with what {@code promtool} says), {@code rules-refused} (by Prometheus),
 * {@code rules-not-seen} (it loads its configuration, and does not have them), {@code reload-forbidden},
 * {@code prometheus-unreachable}, {@code file-missing}.
 */
@Uses(value = "monitor.rules", kind = StepKind.CONFIG)
@AutoService(StepType.class)
public final class MonitorRules implements StepType<MonitorRules.Spec, MonitorRules.Output> {
    private static final String DONE = "done";
    private static final String UNDONE = "undone";

    /**
     * @param prometheus its HTTP API
     * @param from the file of rules
     * @param to where Prometheus reads it
     * @param signal its process or container, to be told by SIGHUP
     * @param within how long it may take until Prometheus has them
     */
    public record Spec(@Of("http") Location prometheus, @Of("directory") Location from, @Of("directory") Location to,
            @Of( {
                    "process", "docker"}) Optional<Location> signal,
            @Default("1m") Duration within){}

    /**
     * @param groups the names of the groups
     * @param alerts how many alerting rules there are
     * @param recordings how many recording rules
     * @param replaced whether there was a file with other content
     */
    public record Output(List<String> groups, int alerts, int recordings, boolean replaced) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = context.madeBy(spec.from());
        if (maker.isPresent()) {
            return Preview.<Output>knownAfter(maker.get()).making(spec.to());
        }
        RuleFile rules = read(spec, context);
        RuleCheck.check(spec.from(), rules, context);
        Output output = output(spec, rules, context);
        Preview<Output> preview = Preview.of(output)
                .change("give " + spec.prometheus() + " " + output.alerts() + " alerts and " + output.recordings()
                        + " recording rules in " + spec.to())
                .making(spec.to());
        return UnifiedDiff.shown(preview, diff(spec, rules, context));
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Optional<Output> done = context.journal().read(DONE, Output.class);
        if (done.isPresent()) {
            return done.get();
        }
        FileChanges changes = FileChanges.open(context);
        RuleFile rules = read(spec, context);
        if (changes.cursor().isEmpty()) {
            RuleCheck.check(spec.from(), rules, context);
            Output output = output(spec, rules, context);
            UnifiedDiff.keep(diff(spec, rules, context), context);
            install(spec, rules, changes, context).commit(output);
        }
        Output output = Json.bind(changes.cursor().orElseThrow(), Output.class);
        PrometheusRules prometheus = PrometheusRules.open(spec, context);
        try {
            prometheus.reload();
            if (!Polling.until(() -> prometheus.has(rules), spec.within(), context::checkpoint)) {
                throw prometheus.notSeen(rules);
            }
        } catch (StepFailure failure) {
            takeBack(changes, prometheus, failure);
            throw failure;
        }
        context.journal().write(DONE, output);
        return output;
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        FileChanges changes = FileChanges.open(context);
        boolean begun = changes.cursor().isPresent();
        if (begun) {
            context.journal().write(UNDONE, false);
        }
        changes.undo();
        if (context.journal().read(UNDONE, Boolean.class).orElse(true)) {
            return;
        }
        PrometheusRules prometheus = PrometheusRules.open(spec, context);
        if (prometheus.answers()) {
            prometheus.reload();
            Path to = context.writing(DirectoryKind.class, spec.to()).path();
            Optional<RuleFile> before = Files.isRegularFile(to)
                    ? RuleFile.ifReadable(Files.readAllBytes(to))
                    : Optional.of(RuleFile.EMPTY);
            if (before.isPresent()
                    && !Polling.until(() -> prometheus.has(before.get()), spec.within(), context::checkpoint)) {
                throw prometheus.notSeen(before.get());
            }
        }
        context.journal().write(UNDONE, true);
    }

    /** What Prometheus does not load must not keep it from starting the next time. */
    private static void takeBack(FileChanges changes, PrometheusRules prometheus, StepFailure why) throws IOException {
        if (why.code().equals("rules-refused") || why.code().equals("reload-forbidden")) {
            changes.undo();
        }
        if (why.code().equals("rules-refused")) {
            try {
                prometheus.reload();
            } catch (StepFailure e) {
                why.addSuppressed(e);
            }
        }
    }

    private static RuleFile read(Spec spec, PreviewContext context) throws Exception {
        byte[] content = Files.readAllBytes(context.reading(DirectoryKind.class, spec.from()).file());
        return RuleFile.read(spec.from(), content);
    }

    private static FileBatch install(Spec spec, RuleFile rules, FileChanges changes,
            RunContext context) throws Exception {
        Path to = context.writing(DirectoryKind.class, spec.to()).path();
        FileAttributes attributes = Files.isRegularFile(to)
                ? FileAttributes.successorOf(to)
                // Prometheus seldom runs as the worker's user.
                : new FileAttributes(Optional.empty(), Optional.of(PosixFilePermissions.fromString("rw-r--r--")));
        return changes.batch().put(to, out -> out.write(rules.content()), attributes, Existing.REPLACE);
    }

    private static Output output(Spec spec, RuleFile rules, PreviewContext context) throws Exception {
        Path to = context.reading(DirectoryKind.class, spec.to()).path();
        return new Output(rules.groups().stream().map(RuleFile.Group::name).toList(), rules.count(true),
                rules.count(false), !before(to).isEmpty() && !before(to).equals(rules.text()));
    }

    private static List<String> diff(Spec spec, RuleFile rules, PreviewContext context) throws Exception {
        Path to = context.reading(DirectoryKind.class, spec.to()).path();
        return UnifiedDiff.lines(spec.to().toString(), before(to), spec.to().toString(), rules.text());
    }

    private static String before(Path to) throws IOException {
        return Files.isRegularFile(to) ? new String(Files.readAllBytes(to), StandardCharsets.UTF_8) : "";
    }
}
