package dev.godwit.activities.docker;

import dev.godwit.activities.host.FreePort;
import dev.godwit.activities.host.StepWorld;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Two sides of a service in containers, the first of which has the alias {@code api}, and a client in their network. */
final class ParkingApi {
    private static final String IMAGE = "python:3.11-slim";
    private static final String SERVER = """
            import http.server, os, signal, socketserver, sys, threading, time

            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    while self.path == '/slow' and not os.path.exists('/tmp/release'):
                        time.sleep(0.05)
                    self.send_response(503 if os.path.exists('/tmp/ill') else 200)
                    self.end_headers()
                    self.wfile.write(sys.argv[1].encode())

                def log_message(self, *arguments):
                    print(self.path, flush=True)

            class Own(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    self.send_response(200)
                    self.end_headers()

                def do_POST(self):
                    global server
                    if self.path == '/drain' and server:
                        server.shutdown()
                        threading.Thread(target=server.server_close).start()
                        server = None
                    elif self.path == '/resume' and not server:
                        server = listening()
                        threading.Thread(target=server.serve_forever, args=[0.05]).start()
                    self.do_GET()

            def listening():
                server = http.server.ThreadingHTTPServer(('', 8000), Handler, bind_and_activate=False)
                server.daemon_threads = False
                server.request_queue_size = 100
                server.server_bind()
                server.server_activate()
                return server

            server = listening()
            if 'warm' in sys.argv:
                threading.Thread(target=server.serve_forever, args=[0.05]).start()
                http.server.ThreadingHTTPServer(('', 8001), Own).serve_forever()
            if 'deaf' in sys.argv:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
            else:
                signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
            server.serve_forever(0.05)
            server.server_close()  # Refuses, and waits for what it has.
            """;
    /** Asks without a pause; a request fails if no address of the alias answers it. */
    private static final String CLIENT = """
            import http.client, os, random, socket

            sides, failed = {}, []
            while not os.path.exists('/tmp/stop'):
                answer, errors = None, []
                try:
                    found = [a[4][0] for a in socket.getaddrinfo('api', 8000, socket.AF_INET, socket.SOCK_STREAM)]
                except OSError as e:
                    found = [repr(e)]
                random.shuffle(found)
                for address in found:
                    try:
                        connection = http.client.HTTPConnection(address, 8000, timeout=10)
                        connection.request('GET', '/')
                        answer = connection.getresponse().read().decode()
                        break
                    except OSError as e:
                        errors.append(repr(e))
                if answer is None:
                    failed.append(errors)
                else:
                    sides[answer] = sides.get(answer, 0) + 1
                    open('/tmp/' + answer, 'w').close()
            print('sides', sorted(sides), 'failed', len(failed), failed[:3])
            """;

    private final StepWorld world;
    private final TestDocker docker;
    private final String network;

    ParkingApi(StepWorld world) throws Exception {
        this.world = world;
        this.docker = TestDocker.in(world, IMAGE, "busybox:1");
        this.network = docker.network("parking");
        Files.writeString(scripts().resolve("server.py"), SERVER);
        Files.writeString(scripts().resolve("client.py"), CLIENT);
        side("v5", "", "--network-alias", "api");
        side("v6", "");
        spec("60s");
    }

    /** Outside of what counts about the world. */
    private Path scripts() throws Exception {
        return Files.createDirectories(world.state().root().resolve("programs"));
    }

    void spec(String within) {
        world.spec("""
                {alias: 'api', network: '%s', within: '%s',
                 from: {container: 'engine:%s', answers: {http: 'v5'}},
                 to: {container: 'engine:%s', answers: {http: 'v6'}}}"""
                .formatted(network, within, name("v5"), name("v6")));
    }

    /** Both sides can be told at a port of their own to take no more requests, and to take them again. */
    void warm() throws Exception {
        warm("resume: '/resume', ");
    }

    /** Both sides can be told at a port of their own to take no more requests, and then answer only there. */
    void warmForOnce() throws Exception {
        warm("");
    }

    private void warm(String resume) throws Exception {
        ownPort("v5", "--network-alias", "api");
        ownPort("v6");
        String side = "{container: 'engine:%s', answers: {http: '%s_own', path: '/health'},"
                + " drain: {http: '%2$s_own', path: '/drain', %3$sports: [8000], refuse: '1s'}}";
        world.spec("{alias: 'api', network: '%s', within: '60s', from: %s, to: %s}".formatted(network,
                side.formatted(name("v5"), "v5", resume), side.formatted(name("v6"), "v6", resume)));
    }

    private void ownPort(String side, String... options) throws Exception {
        int port = FreePort.next();
        world.resource(side + "_own", "{kind: 'http', url: 'http://127.0.0.1:" + port + "'}");
        List<String> all = new ArrayList<>(List.of("-p", "127.0.0.1:" + port + ":8001"));
        all.addAll(List.of(options));
        side(side, "warm", all.toArray(String[]::new));
    }

    String name(String side) {
        return docker.named(side);
    }

    String network() {
        return network;
    }

    TestDocker docker() {
        return docker;
    }

    /**
     * Makes a side, or makes it anew.
     *
     * @param manner {@code deaf} if it goes on when it is asked to end, {@code warm} if it has a port of its own
     * @param options of {@code docker run}
     */
    void side(String side, String manner, String... options) throws Exception {
        if (TestDocker.exists(name(side))) {
            TestDocker.docker("rm", "-f", name(side));
        }
        int port = FreePort.next();
        world.resource(side, "{kind: 'http', url: 'http://127.0.0.1:" + port + "'}");
        String[] all = new String[options.length + 11];
        System.arraycopy(options, 0, all, 0, options.length);
        String[] rest = {"--network", network, "-p", "127.0.0.1:" + port + ":8000", "-v",
                scripts().resolve("server.py") + ":/server.py:ro", IMAGE, "python3", "/server.py", side, manner};
        System.arraycopy(rest, 0, all, options.length, rest.length);
        docker.start(side, all);
        TestDocker.await(side + " answers", () -> answers(side));
    }

    boolean answers(String side) {
        return TestDocker.runs(name(side)) && inside(side, "python3", "-c",
                "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/')");
    }

    private boolean inside(String side, String... command) {
        String[] all = new String[command.length + 2];
        all[0] = "exec";
        all[1] = name(side);
        System.arraycopy(command, 0, all, 2, command.length);
        try {
            TestDocker.docker(all);
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    /** Begins requests to the alias that go on until {@link #clientSays}. */
    void client() throws Exception {
        docker.start("client", "--network", network, "-v", scripts().resolve("client.py") + ":/client.py:ro", IMAGE,
                "python3", "/client.py");
        awaitServedBy("v5");
    }

    void awaitServedBy(String side) throws Exception {
        inside("client", "rm", "-f", "/tmp/" + side);
        TestDocker.await("the client is served by " + side, () -> inside("client", "test", "-e", "/tmp/" + side));
    }

    String clientSays() {
        TestDocker.docker("exec", name("client"), "touch", "/tmp/stop");
        TestDocker.docker("wait", name("client"));
        return TestDocker.docker("logs", name("client"));
    }

    /** Begins a request to a side that does not end before it is released. */
    void slowRequest(String side) throws Exception {
        docker.start("slow", "--network", network, IMAGE, "python3", "-c",
                "import urllib.request as u; print(u.urlopen('http://" + name(side) + ":8000/slow').read().decode())");
        // The server writes its lines when it answers, so the connection is what shows.
        TestDocker.await("the slow request has arrived", () -> inside(side, "grep", "-q", " 01 ", "/proc/net/tcp"));
    }

    void release(String side) {
        TestDocker.docker("exec", name(side), "touch", "/tmp/release");
    }

    String slowAnswer() {
        TestDocker.docker("wait", name("slow"));
        return TestDocker.docker("logs", name("slow"));
    }

    boolean hasAlias(String side) {
        return TestDocker.state(name(side), "json .NetworkSettings.Networks").contains("\"api\"");
    }
}
