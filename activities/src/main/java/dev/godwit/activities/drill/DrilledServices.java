package dev.godwit.activities.drill;

import dev.godwit.activities.compose.ComposeContainer;
import dev.godwit.activities.compose.ComposeKind;
import dev.godwit.activities.compose.WritableCompose;
import dev.godwit.activities.drill.Drill.Begun;
import dev.godwit.activities.drill.DrillRestart.By;
import dev.godwit.activities.drill.DrillRestart.Spec;
import dev.godwit.activities.resource.Redactor;
import dev.godwit.activities.resource.ShortCommand;
import dev.godwit.activities.resource.ShortCommand.Said;
import dev.godwit.activities.run.CommandStage;
import dev.godwit.activities.run.CommandStage.Ended;
import dev.godwit.activities.run.Invocation;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Services of a Compose project, all their containers. What ends them is a command that is noted, so that whoever comes after
 * an attempt that died can keep it from ending them later.
 */
final class DrilledServices implements Drilled {
    private static final Duration COMMAND_WITHIN = Duration.ofMinutes(2);

    private final Spec spec;
    private final RunContext context;
    private final WritableCompose compose;

    DrilledServices(Spec spec, RunContext context) throws Exception {
        this.spec = spec;
        this.context = context;
        this.compose = context.writing(ComposeKind.class, spec.what());
    }

    private List<ComposeContainer> containers(Runnable whileWaiting) throws Exception {
        return compose.containers(whileWaiting)
                .stream()
                .filter(container -> spec.services().contains(container.service()))
                .toList();
    }

    @Override
    public boolean present(Runnable whileWaiting) throws Exception {
        return !containers(whileWaiting).isEmpty();
    }

    @Override
    public boolean runs(Runnable whileWaiting) throws Exception {
        List<ComposeContainer> containers = containers(whileWaiting);
        for (String service : spec.services()) {
            if (containers.stream().noneMatch(container -> container.service().equals(service))) {
                throw StepFailure.user("service-unknown", "drill.restart: " + spec.what()
                        + " has no container of a service '" + service + "'; start it first, or correct its name");
            }
        }
        return containers.stream().allMatch(ComposeContainer::ready);
    }

    @Override
    public Set<String> starts(Runnable whileWaiting) throws Exception {
        return containers(whileWaiting).stream()
                .map(container -> container.id() + " " + container.started())
                .collect(Collectors.toSet());
    }

    @Override
    public void stop(Begun begun, Runnable whileWaiting) throws Exception {
        end(begun, List.of("stop", "--timeout", Long.toString(spec.grace().toSeconds())));
    }

    @Override
    public void kill(Begun begun, Runnable whileWaiting) throws Exception {
        end(begun, List.of("kill"));
    }

    private void end(Begun begun, List<String> arguments) throws Exception {
        Ended ended = stage(begun).run(command(arguments));
        if (ended.code().isEmpty() || ended.code().get() != 0) {
            throw StepFailure.external("compose-failed", "drill.restart: " + spec.what() + ": 'compose "
                    + String.join(" ", arguments) + "' ended with "
                    + ended.code().map(code -> "exit code " + code).orElse("no exit code")
                    + ended.words().quoted());
        }
    }

    private CommandStage stage(Begun begun) {
        return new CommandStage("end" + begun.number(), context);
    }

    private Invocation command(List<String> arguments) throws Exception {
        List<String> all = new ArrayList<>(arguments);
        all.addAll(spec.services());
        return compose.command(all, COMMAND_WITHIN.plus(spec.grace()));
    }

    @Override
    public void crash(Runnable whileWaiting) throws Exception {
        List<ComposeContainer> containers = containers(whileWaiting);
        for (ComposeContainer container : containers) {
            String name = container.name();
            ContainerProcesses.requirePolicy(name, compose.restartPolicy(container, whileWaiting));
        }
        for (ComposeContainer container : containers) {
            ContainerProcesses.kill(container.name(), container.id());
        }
    }

    @Override
    public void start(Begun begun, Runnable whileWaiting) throws Exception {
        say(List.of("start"), whileWaiting);
    }

    private void say(List<String> arguments, Runnable whileWaiting) throws Exception {
        Invocation command = command(arguments);
        Said said = ShortCommand.run(command.arguments(), command.environment(), command.directory(),
                context.scratch(), command.timeout(), whileWaiting);
        if (said.code() != 0) {
            throw StepFailure.external("compose-failed", "drill.restart: " + spec.what() + ": 'compose "
                    + arguments.getFirst() + "' ended with " + said.code() + ": "
                    + new Redactor(command.secrets()).redacted(said.words()));
        }
    }

    /** The command may still run, or the engine still do what it was told. */
    @Override
    public void startAfter(Begun interrupted, Runnable whileWaiting) throws Exception {
        if (!interrupted.ended() && spec.by() != By.CRASH) {
            stage(interrupted).prevent(spec.grace());
            say(List.of("stop", "--timeout", Long.toString(spec.grace().toSeconds())), whileWaiting);
        }
        start(interrupted, whileWaiting);
    }

    @Override
    public String toString() {
        return String.join(", ", spec.services()) + " of " + spec.what();
    }
}
