package dev.godwit.activities.proxy;

import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.host.Needed;
import dev.godwit.activities.host.StepWorld;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** A real nginx in front of two services, with its upstream in the directory of a world. */
final class Nginx implements AutoCloseable {
    private static final long GLANCE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Path prefix;
    private final Path upstream;
    private int port;
    private Process process;

    private Nginx(Path prefix, Path upstream) {
        this.prefix = prefix;
        this.upstream = upstream;
    }

    /** Starts nginx and declares it, with both services; requests go to the first. */
    static Nginx in(StepWorld world) throws Exception {
        Needed.part(installed(), "nginx (apt-get install nginx-light)");
        Side.V1.answering(200);
        Side.V2.answering(200);
        Path upstream = Files.writeString(world.directory().resolve("upstream.conf"), """
                # Where requests go.
                upstream service {
                    server %s max_fails=0; # the one that serves
                    keepalive 4;
                }
                """.formatted(Side.V1.address()));
        Nginx nginx = new Nginx(Files.createTempDirectory("nginx"), upstream);
        world.closing(nginx);
        nginx.start();
        nginx.declare(world);
        world.counting(() -> List.of("serves " + nginx.get("/")));
        return nginx;
    }

    private static boolean installed() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, "nginx")));
    }

    private void declare(StepWorld world) {
        world.directory("home", world.directory())
                .resource("v1", "{kind: 'http', url: 'http://" + Side.V1.address() + "'}")
                .resource("v2", "{kind: 'http', url: 'http://" + Side.V2.address() + "'}")
                .resource("clients", "{kind: 'http', url: 'http://127.0.0.1:" + port + "'}")
                .resource("front", "{kind: 'proxy', serves: 'clients', nginx: {configuration: 'home:upstream.conf',"
                        + " upstream: 'service', command: ['nginx', '-p', '" + prefix + "', '-c', '" + configuration()
                        + "'], pid-file: '" + prefix + "/nginx.pid'}}");
    }

    /** Ends it and starts the same in a container of its own, which the worker reaches by a command only. */
    Nginx intoContainer(StepWorld world) throws Exception {
        kill();
        String container = "godwit-" + UUID.randomUUID();
        world.closing(() -> new ProcessBuilder("docker", "rm", "--force", container).start().onExit().join());
        process = new ProcessBuilder("docker", "run", "--rm", "--name", container, "--network", "host", "--volume",
                prefix + ":" + prefix, "--volume", upstream.getParent() + ":" + upstream.getParent(), "nginx:1",
                "nginx", "-p", prefix.toString(), "-c", configuration().toString())
                .redirectErrorStream(true)
                .redirectOutput(prefix.resolve("nginx.log").toFile())
                .start();
        if (!serves()) {
            throw new IllegalStateException("another has taken its port");
        }
        String declaration = world.task().resources().get("front").toString();
        world.resource("front", declaration.replace("\"pid-file\"",
                "\"inside\":[\"docker\",\"exec\",\"" + container + "\"],\"pid-file\""));
        return this;
    }

    Path configuration() {
        return prefix.resolve("nginx.conf");
    }

    int port() {
        return port;
    }

    /** Starts it at a port that is free; another may take that in the meantime, and then it tries again. */
    void start() throws Exception {
        do {
            if (port == 0) {
                try (ServerSocket free = new ServerSocket(0)) {
                    port = free.getLocalPort();
                }
            }
            Files.writeString(configuration(),
                    """
                            daemon off;
                            worker_processes 2;
                            pid nginx.pid;
                            error_log stderr;
                            events {}
                            http {
                                access_log off;
                                client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
                                uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                                include %s;
                                server {
                                    listen 127.0.0.1:%d;
                                    location / { proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ""; }
                                }
                            }
                            """
                            .formatted(upstream, port));
            process = new ProcessBuilder("nginx", "-p", prefix.toString(), "-c", configuration().toString())
                    .redirectErrorStream(true)
                    .redirectOutput(prefix.resolve("nginx.log").toFile())
                    .start();
        } while (!serves());
    }

    private boolean serves() throws Exception {
        while (process.isAlive()) {
            try {
                get("/");
                return true;
            } catch (IOException e) {
                LockSupport.parkNanos(GLANCE_NANOS); // Not yet.
            }
        }
        String log = Files.readString(prefix.resolve("nginx.log"));
        if (!log.contains("Address already in use")) {
            throw new IllegalStateException(log);
        }
        port = 0;
        return false;
    }

    /** Asks with a connection of its own, once: a status and the content. */
    String get(String path) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 60_000);
            socket.setSoTimeout(60_000);
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: service\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            return answer(socket.getInputStream());
        }
    }

    private static String answer(InputStream in) throws IOException {
        String answer = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        if (!answer.startsWith("HTTP/1.1 ") || !answer.contains("\r\n\r\n")) {
            throw new IOException("no whole answer: '" + answer + "'");
        }
        return answer.substring(9, 12) + " " + answer.substring(answer.indexOf("\r\n\r\n") + 4);
    }

    /** Ends it at once, as if it had crashed; its workers end with it. */
    void kill() {
        List<ProcessHandle> workers = process.children().toList();
        process.destroyForcibly().onExit().orTimeout(60, TimeUnit.SECONDS).join();
        workers.forEach(ProcessHandle::destroyForcibly);
        for (ProcessHandle worker : workers) {
            worker.onExit().orTimeout(60, TimeUnit.SECONDS).join();
        }
    }

    @Override
    public void close() throws IOException {
        kill();
        DurableFiles.deleteTree(prefix);
    }
}
