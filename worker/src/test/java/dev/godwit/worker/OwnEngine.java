package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.activities.host.Needed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A Docker engine of a test's own, beside this machine's, so that it can be restarted while its containers live on. Nothing
 * of it is shared: its directories, its socket and its networks are its own.
 */
final class OwnEngine implements AutoCloseable {
    /** Of its networks; the other engine makes none there. */
    private static final String NETWORKS = "10.213.0.0/16";
    private static final List<String> AMONG_THEM = List.of("FORWARD", "-s", NETWORKS, "-d", NETWORKS, "-j", "ACCEPT");

    private final Path directory;
    private final String bridge = "godwit" + ProcessHandle.current().pid();

    /**
     * Returns when it answers.
     *
     * @param images which this machine's engine has, and it gets
     */
    OwnEngine(String... images) throws Exception {
        Needed.docker(images);
        Needed.part("root".equals(System.getProperty("user.name")), "root, to start a Docker engine");
        // Sockets have short names, and layers cannot lie upon layers.
        directory = Files.createTempDirectory(Path.of("/var/lib"), "godwit-");
        Files.writeString(directory.resolve("start"), """
                #!/bin/sh
                exec setsid dockerd --live-restore --data-root %1$s/data --exec-root %1$s/exec --pidfile %1$s/pid \
                    --host unix://%1$s/sock --bridge %3$s --iptables=false --ip6tables=false --ip-forward=false \
                    --default-address-pool base=%2$s,size=24 >>%1$s/log 2>&1 </dev/null
                """.formatted(directory, NETWORKS, bridge));
        Files.writeString(directory.resolve("restart"), """
                #!/bin/sh
                pid=$(cat %1$s/pid)
                kill "$pid"
                while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
                sh %1$s/start &
                """.formatted(directory));
        // Without a bridge of its own it would remove the other's.
        shell("ip link add " + bridge + " type bridge && ip addr add 10.214.0.1/24 dev " + bridge + " && ip link set "
                + bridge + " up");
        // It makes no rules, so that it takes none of the other's away; and that one drops what it does not know.
        run("iptables", "-I", AMONG_THEM);
        start();
        for (String image : images) {
            shell("docker save " + image + " | DOCKER_HOST=" + host() + " docker load");
        }
    }

    private void start() throws Exception {
        new ProcessBuilder("sh", directory.resolve("start").toString()).start();
        Until.seen("the engine answers; see " + directory.resolve("log"), this::answers);
    }

    private boolean answers() throws Exception {
        Process process = new ProcessBuilder("docker", "--host", host(), "info").redirectErrorStream(true)
                .redirectOutput(directory.resolve("info").toFile())
                .start();
        return process.waitFor() == 0;
    }

    private String host() {
        return "unix://" + directory.resolve("sock");
    }

    Map<String, String> environment() {
        return Map.of("DOCKER_HOST", host());
    }

    /** A program that ends it, starts it again, and does not wait until it answers. */
    Path restart() {
        return directory.resolve("restart");
    }

    /** How often it has begun to answer. */
    long starts() throws IOException {
        return Files.readAllLines(directory.resolve("log"))
                .stream()
                .filter(line -> line.contains("API listen"))
                .count();
    }

    private static void shell(String text) throws IOException {
        run("sh", "-c", List.of(text));
    }

    private static void run(String program, String option, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(program, option));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).inheritIO().start();
        try {
            assertThat(process.waitFor(3, TimeUnit.MINUTES) && process.exitValue() == 0).as(command.toString())
                    .isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        try {
            shell("export DOCKER_HOST=" + host() + "; docker ps -aq | xargs -r docker rm -fv;"
                    + " docker network ls -qf type=custom | xargs -r docker network rm");
            // It takes its containerd along.
            shell("pid=$(cat " + directory + "/pid); kill $pid; timeout 60 tail --pid=$pid -f /dev/null");
        } finally {
            run("iptables", "-D", AMONG_THEM);
            shell("ip link del " + bridge);
        }
        shell("awk '{print $2}' /proc/mounts | grep ^" + directory + "/ | sort -r | xargs -r umount; rm -rf "
                + directory);
    }
}
