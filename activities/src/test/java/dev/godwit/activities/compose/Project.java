package dev.godwit.activities.compose;

import dev.godwit.activities.host.Needed;
import dev.godwit.activities.host.StepWorld;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/** A real project of Docker Compose with a world's directory for its own, removed with all that belongs to it. */
public final class Project implements AutoCloseable {
    /** A service that does nothing until it is asked to end. */
    public static final String IDLE = """
            services:
              web:
                image: busybox:1
                stop_signal: SIGKILL
                command: ["sleep", "86400"]
                environment: {KEY: "${KEY:-none}"}
              cache:
                image: busybox:1
                stop_signal: SIGKILL
                command: ["sleep", "86400"]
            """;

    /** Asked once: it takes longer than what a test does with it. Empty if there is none. */
    private static final List<String> TOOL = Stream.of(List.of("docker", "compose"), List.of("docker-compose"))
            .filter(Project::answers)
            .findFirst()
            .orElse(List.of());

    private final StepWorld world;
    private final String name = "godwit-" + UUID.randomUUID();

    private Project(StepWorld world) {
        this.world = world;
    }

    /** Declares a project of these services; what counts about it are its containers. */
    public static Project in(StepWorld world, String services) throws IOException {
        Needed.docker("busybox:1");
        Needed.part(!TOOL.isEmpty(), "Docker Compose (apt-get install docker-compose)");
        Project project = new Project(world);
        project.describe(services);
        world.directory("home", world.directory())
                .resource("plates", "{kind: 'compose', directory: 'home', project: '" + project.name
                        + "', environment: {KEY: {secret: 'PLATES_KEY'}}}")
                .secret("PLATES_KEY", "hush-hush")
                .counting(project::containers)
                .closing(project);
        return project;
    }

    String name() {
        return name;
    }

    void describe(String services) throws IOException {
        Files.writeString(world.directory().resolve("docker-compose.yml"), "version: '3.8'\n" + services);
    }

    /** Brings it up as people do. */
    public Project up() throws IOException {
        compose("up", "--detach");
        return this;
    }

    /** Stops the service web. */
    Project stopped() throws IOException {
        compose("stop", "web");
        return this;
    }

    /** Which container a service has, and when it started last. */
    public String started(String service) throws IOException {
        String id = docker("ps", "--all", "--quiet", "--filter", "label=com.docker.compose.project=" + name, "--filter",
                "label=com.docker.compose.service=" + service).strip();
        return docker("inspect", "--format", "{{.Id}} {{.State.StartedAt}}", id).strip();
    }

    /** The id of the image that the project has built. */
    String image() throws IOException {
        return docker("images", "--quiet", "--no-trunc", "--filter", "reference=" + name + "?web").strip();
    }

    /** What people do by hand. */
    public void compose(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(TOOL);
        command.addAll(List.of("--project-name", name));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(world.directory().toFile())
                .redirectErrorStream(true);
        builder.environment().put("KEY", "hush-hush");
        String said = output(builder.start());
        if (said.startsWith("failed")) {
            throw new IllegalStateException(command + " " + said);
        }
    }

    /** A line for each container: its service, its number's place, whether it runs, and its image. */
    public List<String> containers() throws IOException {
        return docker("ps", "--all", "--filter", "label=com.docker.compose.project=" + name, "--format",
                "{{.Label \"com.docker.compose.service\"}} {{.State}} {{.Image}}").lines()
                .sorted(Comparator.naturalOrder())
                .toList();
    }

    static String docker(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("docker"));
        command.addAll(List.of(arguments));
        return output(new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    private static boolean answers(List<String> tool) {
        List<String> command = new ArrayList<>(tool);
        command.add("version");
        try {
            return !output(new ProcessBuilder(command).redirectErrorStream(true).start()).startsWith("failed");
        } catch (IOException e) {
            return false;
        }
    }

    private static String output(Process process) throws IOException {
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.onExit().join().exitValue() == 0 ? output : "failed: " + output;
    }

    @Override
    public void close() throws IOException {
        List<String> ids = docker("ps", "--all", "--quiet", "--filter", "label=com.docker.compose.project=" + name)
                .lines()
                .toList();
        if (!ids.isEmpty()) {
            List<String> remove = new ArrayList<>(List.of("rm", "--force", "--volumes"));
            remove.addAll(ids);
            docker(remove.toArray(String[]::new));
        }
        docker("network", "rm", name + "_default");
        docker("rmi", "--force", name + "_web", name + "-web");
        for (String kept : docker("images", "--format", "{{.Repository}}:{{.Tag}}", "godwit-kept/" + name)
                .lines()
                .toList()) {
            docker("rmi", kept);
        }
    }

    static Path file(StepWorld world) {
        return world.directory().resolve("docker-compose.yml");
    }
}
