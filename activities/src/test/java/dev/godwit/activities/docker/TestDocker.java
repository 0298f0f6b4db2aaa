package dev.godwit.activities.docker;

import dev.godwit.activities.host.Needed;
import dev.godwit.activities.host.StepWorld;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/**
 * The Docker engine of this machine, seen through Docker's own command line. Whatever a test makes there has a name that
 * begins with the test's own mark, and goes with its world.
 */
public final class TestDocker implements AutoCloseable {
    /** A program that does nothing until it is asked to end. */
    static final String IDLE = "image: 'busybox:1', command: ['sleep', '1000'], init: true, health: {command: ['true']}";

    private final String mark = "t" + UUID.randomUUID().toString().substring(0, 8) + "-";

    private TestDocker() {}

    /** The engine as the resource {@code engine} of a world, whose containers and images count. */
    public static TestDocker in(StepWorld world, String... images) {
        Needed.docker(images);
        TestDocker docker = new TestDocker();
        world.resource("engine", "{kind: 'docker'}").counting(docker::lines).closing(docker);
        return docker;
    }

    /** A name of this test's own. */
    public String named(String name) {
        return mark + name;
    }

    /** Docker's command line. */
    public static String docker(String... arguments) {
        List<String> command = new ArrayList<>(List.of("docker"));
        command.addAll(Arrays.asList(arguments));
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (process.waitFor() != 0) {
                throw new IllegalStateException(String.join(" ", command) + ": " + output);
            }
            return output;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Starts a container of this test's own that someone else than a step has made. */
    public String start(String name, String... optionsImageAndCommand) {
        List<String> arguments = new ArrayList<>(List.of("run", "-d", "--name", named(name)));
        arguments.addAll(Arrays.asList(optionsImageAndCommand));
        return docker(arguments.toArray(String[]::new));
    }

    /** Makes a network of this test's own. */
    public String network(String name) {
        docker("network", "create", named(name));
        return named(name);
    }

    /** A field of what the engine knows of a container. */
    public static String state(String container, String format) {
        return docker("inspect", "-f", "{{" + format + "}}", container);
    }

    static boolean exists(String container) {
        return !docker("ps", "-aq", "--filter", "name=^" + container + "$").isEmpty();
    }

    /** Whether a container is there and runs. */
    public static boolean runs(String container) {
        return exists(container) && state(container, ".State.Running").equals("true");
    }

    static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + 120_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain: " + what);
            }
            Thread.sleep(50);
        }
    }

    /** What counts: containers with what they are attached to, and images. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (String id : ids("ps", "-aq", "--no-trunc", "--filter", "name=" + mark)) {
            String line = docker("inspect", "-f", "container {{.Name}} of {{.Config.Image}} running {{.State.Running}}"
                    + " restart {{.HostConfig.RestartPolicy.Name}}"
                    + "{{range $name, $end := .NetworkSettings.Networks}} {{$name}} {{$end.Aliases}}{{end}}", id);
            lines.add(line.replace(mark, "").replaceAll(" ?" + id.substring(0, 12), ""));
        }
        docker("images", "--format", "image {{.Repository}}:{{.Tag}}").lines()
                .filter(line -> line.contains(mark))
                .forEach(line -> lines.add(line.replace(mark, "")));
        lines.replaceAll(line -> line.replaceAll("step\\.\\d+\\.", "step.round.")); // It is in names that steps derive.
        lines.sort(null);
        return lines;
    }

    private static List<String> ids(String... arguments) {
        return docker(arguments).lines().filter(line -> !line.isBlank()).toList();
    }

    @Override
    public void close() {
        ids("ps", "-aq", "--filter", "name=" + mark).forEach(id -> docker("rm", "-fv", id));
        docker("images", "--format", "{{.Repository}}:{{.Tag}}").lines()
                .filter(image -> image.startsWith(mark))
                .forEach(image -> docker("rmi", "-f", image));
        ids("network", "ls", "-q", "--filter", "name=" + mark).forEach(id -> docker("network", "rm", id));
        ids("volume", "ls", "-q", "--filter", "name=" + mark).forEach(id -> docker("volume", "rm", id));
    }
}
