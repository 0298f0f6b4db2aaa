package dev.godwit.activities.proxy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.files.FileAttributes;
import dev.godwit.activities.files.FileChanges;
import dev.godwit.activities.files.Hashes;
import dev.godwit.activities.proxy.WritableProxy.Generation;
import dev.godwit.activities.proxy.WritableProxy.Succession;
import dev.godwit.activities.resource.HttpKind;
import dev.godwit.activities.resource.HttpService;
import dev.godwit.activities.resource.Polling;
import dev.godwit.json.Durations;
import dev.godwit.json.Jq;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One switch of a proxy, over all attempts at it. The journal says how far it has come: which try this is, and which
 * way it goes; the file changes say whether the configuration is written; and the processes that served before each
 * reload say whether that has happened.
 */
final class TrafficSwitch {
    private static final String TRIAL = "trial";
    private static final String DONE = "done";
    private static final String UNDONE = "undone";
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(5);

    private final ProxySwitch.Spec spec;
    private final RunContext context;
    private final WritableProxy proxy;
    private final Route route;
    private String lastAnswer = "gave no answer";

    private TrafficSwitch(ProxySwitch.Spec spec, RunContext context, WritableProxy proxy, Route route) {
        this.spec = spec;
        this.context = context;
        this.proxy = proxy;
        this.route = route;
    }

    static TrafficSwitch open(ProxySwitch.Spec spec, RunContext context) throws Exception {
        WritableProxy proxy = context.writing(ProxyKind.class, spec.proxy());
        return new TrafficSwitch(spec, context, proxy, Route.of(spec, proxy));
    }

    private enum Way { THERE, BACK, OVER }

    /**
     * A try to switch.
     *
     * @param number counts them
     * @param way where it goes now
     * @param before where requests went
     */
    private record Trial(int number, Way way, List<Share> before) {
        Trial going(Way other) {
            return new Trial(number, other, before);
        }
    }

    /** What the file was written with, to notice that others have changed it. */
    private record Written(String sha256) {}

    ProxySwitch.Output run() throws Exception {
        Optional<ProxySwitch.Output> done = context.journal().read(DONE, ProxySwitch.Output.class);
        if (done.isPresent()) {
            return done.get();
        }
        Optional<Trial> last = context.journal().read(TRIAL, Trial.class);
        if (last.isPresent() && last.get().way() == Way.BACK) {
            goBack(last.get());
            last = Optional.of(last.get().going(Way.OVER));
        }
        Trial trial = last.isPresent() && last.get().way() == Way.THERE
                ? last.get()
                : begin(last.map(Trial::number).orElse(0) + 1);
        long began = System.nanoTime();
        FileChanges changes = FileChanges.open(context);
        requireUnchanged(changes);
        try {
            write(changes, route.after(trial.before()));
            proxy.test(context::checkpoint);
            reload("there." + trial.number());
            awaitServing(spec.health().expect());
        } catch (StepFailure failure) {
            throw takenBack(trial, failure);
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        boolean drained = drain("there." + trial.number());
        ProxySwitch.Output output = new ProxySwitch.Output(trial.before(), route.after(trial.before()), drained,
                Math.round(seconds * 1e3) / 1e3);
        context.journal().write(DONE, output);
        return output;
    }

    void undo() throws Exception {
        Optional<Trial> last = context.journal().read(TRIAL, Trial.class);
        if (last.isEmpty() || last.get().way() == Way.OVER
                || context.journal().read(UNDONE, Boolean.class).isPresent()) {
            return;
        }
        Trial back = last.get().going(Way.BACK);
        boolean changed = last.get().equals(back) || FileChanges.open(context).cursor().isPresent();
        if (changed) {
            proxy.generation(context::checkpoint); // Fails where there is no proxy that could take anything back.
            awaitAnswer(spec.from());
        }
        context.journal().write(TRIAL, back);
        goBack(back);
        if (changed) {
            awaitServing(Optional.empty());
        }
        drain("back." + back.number());
        context.journal().write(UNDONE, true);
    }

    private Trial begin(int number) throws Exception {
        Path file = proxy.configuration();
        List<Share> before = proxy.shares(Files.readString(file, StandardCharsets.ISO_8859_1));
        if (!route.leadsFrom(before)) {
            throw StepFailure.user("proxy-elsewhere", "requests of " + spec.proxy() + " go to "
                    + Share.describe(before) + " and not to " + route.from() + ", by " + file
                    + "; name the service that serves under from, or its address under the proxy's addresses");
        }
        proxy.generation(context::checkpoint);
        proxy.test(context::checkpoint);
        awaitAnswer(spec.to());
        Trial trial = new Trial(number, Way.THERE, before);
        context.journal().write(TRIAL, trial);
        return trial;
    }

    private void write(FileChanges changes, List<Share> shares) throws IOException {
        if (changes.cursor().isPresent()) {
            return;
        }
        Path file = proxy.configuration();
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        byte[] routed = proxy.routed(text, shares).getBytes(StandardCharsets.ISO_8859_1);
        FileAttributes attributes = new FileAttributes(Optional.empty(), FileAttributes.of(file).mode());
        changes.batch()
                .put(file, routed, attributes, FileChanges.Existing.REPLACE)
                .commit(new Written(Hashes.sha256(routed)));
    }

    private void requireUnchanged(FileChanges changes) throws IOException {
        Optional<Written> written = changes.cursor().map(cursor -> Json.bind(cursor, Written.class));
        if (written.isPresent() && !Hashes.sha256(proxy.configuration()).equals(written.get().sha256())) {
            throw StepFailure.user("proxy-configuration-changed", proxy.configurationLocation() + " of " + spec.proxy()
                    + " was changed by others while this step was interrupted; see what they did: a rollback sets"
                    + " their file aside and restores the one before");
        }
    }

    /** Makes the failure of a switch that one of the two services serves alone, and says so. */
    private StepFailure takenBack(Trial trial, StepFailure failure) throws Exception {
        Trial back = trial.going(Way.BACK);
        context.journal().write(TRIAL, back);
        String outcome;
        try {
            goBack(back);
            context.journal().write(TRIAL, back.going(Way.OVER));
            outcome = "; requests go to " + Share.describe(trial.before()) + " as before";
        } catch (StepFailure second) {
            outcome = "; and that could not be taken back yet: " + second.getMessage();
        }
        return failure.saying(failure.getMessage() + outcome).causedBy(failure);
    }

    /** Restores the file, and has it taken if the one of this step may have been. */
    private void goBack(Trial trial) throws Exception {
        FileChanges.open(context).undo();
        if (generation("there." + trial.number()).isPresent()) {
            proxy.test(context::checkpoint);
            reload("back." + trial.number());
        }
    }

    /** Has the file on disk taken; when it returns, nobody takes requests by another any more. */
    private void reload(String name) throws Exception {
        Optional<Generation> known = generation(name);
        Generation before = known.isPresent() ? known.get() : proxy.generation(context::checkpoint);
        if (known.isEmpty()) {
            context.journal().write("before." + name, before);
        }
        if (known.isEmpty() || proxy.succession(before, context::checkpoint) == Succession.SERVING) {
            context.journal().checkToken();
            proxy.reload(context::checkpoint);
        }
        if (!within(spec.health().within(),
                () -> proxy.succession(before, context::checkpoint) != Succession.SERVING)) {
            throw StepFailure.external("proxy-not-reloaded", spec.proxy() + " was told to take its configuration, and"
                    + " its old processes still serve after " + Durations.format(spec.health().within())
                    + "; see its error log");
        }
    }

    private boolean drain(String name) throws Exception {
        Optional<Generation> before = generation(name);
        if (before.isEmpty() || spec.drain().isZero()) {
            return before.isEmpty();
        }
        if (!within(spec.drain(),
                () -> proxy.succession(before.get(), context::checkpoint) == Succession.ENDED)) {
            throw StepFailure.external("proxy-not-drained", "the old processes of " + spec.proxy()
                    + " still have requests after " + Durations.format(spec.drain())
                    + ", while new ones serve; see what"
                    + " takes so long, allow it more with drain, or bound it in the proxy (worker_shutdown_timeout)");
        }
        return true;
    }

    private Optional<Generation> generation(String name) {
        return context.journal().read("before." + name, Generation.class);
    }

    private void awaitAnswer(Location service) throws Exception {
        HttpService http = context.reading(HttpKind.class, service);
        // The condition is one that the old service need not fulfil.
        Optional<Jq> expect = service.equals(spec.to()) ? spec.health().expect() : Optional.empty();
        if (!within(spec.health().within(), () -> answers(http, expect))) {
            throw StepFailure.external("service-unhealthy", service + " is to serve the requests of " + spec.proxy()
                    + ", but " + http.uri(spec.health().path()) + " " + lastAnswer + "; requests go where they went");
        }
    }

    private void awaitServing(Optional<Jq> expect) throws Exception {
        if (!within(spec.health().within(), () -> answers(proxy.clients(), expect))) {
            throw StepFailure.external("proxy-not-serving", proxy.clients().uri(spec.health().path()) + " "
                    + lastAnswer + " through " + spec.proxy() + ", though the service itself answers; can the proxy"
                    + " reach it?");
        }
    }

    private <E extends Exception> boolean within(Duration time, Polling.Condition<E> condition) throws E {
        return Polling.until(condition, time, context::checkpoint);
    }

    private boolean answers(HttpService http, Optional<Jq> expect) {
        try {
            HttpService.Answer answer = http.get(spec.health().path(),
                    expect.isPresent() ? HttpService.Content.KEPT : HttpService.Content.IGNORED, ANSWER_WITHIN,
                    context::checkpoint);
            lastAnswer = "answered with " + answer.status();
            if (answer.status() < 200 || answer.status() >= 300) {
                return false;
            }
            if (expect.isEmpty()) {
                return true;
            }
            lastAnswer = "answered what does not fulfil " + expect.get().text();
            JsonNode fulfilled = expect.get().one(answer.json(), Map.of());
            return fulfilled.isBoolean() && fulfilled.booleanValue();
        } catch (IOException e) {
            lastAnswer = "gave no answer (" + e.getMessage() + ")";
            return false;
        } catch (Jq.JqException | IllegalArgumentException e) {
            lastAnswer = "answered what is no JSON that " + expect.orElseThrow().text() + " can judge";
            return false;
        }
    }
}
