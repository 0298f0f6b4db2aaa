package dev.godwit.activities.proxy;

import dev.godwit.activities.resource.HttpKind;
import dev.godwit.activities.resource.HttpService;
import dev.godwit.activities.resource.ReadableDirectory;
import dev.godwit.activities.resource.ShortCommand;
import dev.godwit.activities.resource.ShortCommand.Said;
import dev.godwit.plan.Location;
import dev.godwit.step.ResourceAccess;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** nginx, on this machine or where a command leads. */
final class NginxProxy implements WritableProxy {
    private static final Duration COMMAND_WITHIN = Duration.ofMinutes(1);
    private static final int NOT_RUNNING = 69;
    /** Finds the master process by its pid file, and trusts the file only if that process is an nginx. */
    private static final String FIND_MASTER = """
            master=
            [ -r "$1" ] && read -r master < "$1"
            title=
            [ -n "$master" ] && [ -r "/proc/$master/cmdline" ] && read -r title < "/proc/$master/cmdline"
            case $title in "nginx: master"*) ;; *) exit 69 ;; esac
            """;
    private static final String LIST_WORKERS = FIND_MASTER + """
            for stat in /proc/[0-9]*/stat; do
              { read -r line < "$stat"; } 2>/dev/null || continue
              set -- ${line##*) }
              [ "$2" = "$master" ] || continue
              title=
              { read -r title < "${stat%/stat}/cmdline"; } 2>/dev/null
              echo "${line%% *}.${20} $title"
            done
            """;
    private static final String RELOAD = FIND_MASTER + """
            kill -HUP "$master"
            """;
    private static final String WORKER = "nginx: worker process";
    private static final String LEAVING = "is shutting down";

    private final Location location;
    private final ProxyKind.Definition definition;
    private final ReadableDirectory configuration;
    private final HttpService clients;
    private final ResourceAccess access;

    NginxProxy(Location location, ProxyKind.Definition definition, ReadableDirectory configuration,
            HttpService clients, ResourceAccess access) {
        this.location = location;
        this.definition = definition;
        this.configuration = configuration;
        this.clients = clients;
        this.access = access;
    }

    /** A worker process of nginx; its title says whether it still takes requests. */
    private record Worker(String identity, String title) {
        boolean serves() {
            return title.startsWith(WORKER) && !title.contains(LEAVING);
        }
    }

    @Override
    public Location location() {
        return location;
    }

    @Override
    public Path configuration() throws IOException {
        return configuration.file().toRealPath();
    }

    @Override
    public Location configurationLocation() {
        return configuration.location();
    }

    @Override
    public List<Share> shares(String text) {
        return upstream(text).shares();
    }

    @Override
    public String routed(String text, List<Share> shares) {
        return upstream(text).with(shares);
    }

    private NginxUpstream upstream(String text) {
        return NginxUpstream.find(text, definition.nginx().upstream(), configuration.path());
    }

    @Override
    public String address(Location service) throws Exception {
        String known = definition.addresses().get(service.resource());
        if (known != null) {
            return known;
        }
        HttpService http = access.reading(HttpKind.class, service);
        URI uri = http.uri("");
        return uri.getHost() + ":" + http.port();
    }

    @Override
    public HttpService clients() {
        return clients;
    }

    @Override
    public Location clientsLocation() {
        return definition.serves();
    }

    @Override
    public Optional<String> trouble(Runnable whileWaiting) throws Exception {
        return shell(LIST_WORKERS, whileWaiting).code() == NOT_RUNNING
                ? Optional.of(notRunning())
                : Optional.empty();
    }

    @Override
    public void test(Runnable whileWaiting) throws Exception {
        List<String> command = new ArrayList<>(definition.nginx().command());
        command.add("-t");
        Said said = run(command, whileWaiting);
        if (said.code() != 0) {
            throw StepFailure.user("proxy-configuration-invalid", location + ": '" + String.join(" ", command)
                    + "' refuses the configuration; mend what it names:\n" + said.words());
        }
    }

    @Override
    public Generation generation(Runnable whileWaiting) throws Exception {
        return new Generation(workers(whileWaiting).stream().filter(Worker::serves).map(Worker::identity).toList());
    }

    @Override
    public void reload(Runnable whileWaiting) throws Exception {
        requireDone(shell(RELOAD, whileWaiting), "told to take its configuration");
    }

    @Override
    public Succession succession(Generation before, Runnable whileWaiting) throws Exception {
        List<Worker> workers = workers(whileWaiting);
        List<Worker> old = workers.stream().filter(worker -> before.processes().contains(worker.identity())).toList();
        boolean succeeded = workers.stream()
                .anyMatch(worker -> worker.serves() && !before.processes().contains(worker.identity()));
        if (!succeeded || old.stream().anyMatch(Worker::serves)) {
            return Succession.SERVING;
        }
        return old.isEmpty() ? Succession.ENDED : Succession.DRAINING;
    }

    private List<Worker> workers(Runnable whileWaiting) throws Exception {
        Said said = requireDone(shell(LIST_WORKERS, whileWaiting), "asked for its processes");
        return said.text()
                .lines()
                .map(line -> line.split(" ", 2))
                .filter(fields -> fields.length == 2 && fields[1].startsWith(WORKER))
                .map(fields -> new Worker(fields[0], fields[1]))
                .collect(Collectors.toList());
    }

    private Said requireDone(Said said, String what) {
        if (said.code() == NOT_RUNNING) {
            throw StepFailure.external("proxy-not-running", location + ": " + notRunning() + "; start it, then retry");
        }
        if (said.code() != 0) {
            throw StepFailure.external("proxy-unreachable", location + ": nginx cannot be " + what + " ("
                    + said.words() + "); run the worker as a user that may, or name the command that may under inside");
        }
        return said;
    }

    private String notRunning() {
        return "nginx does not run: " + definition.nginx().pidFile() + " names no such process";
    }

    private Said shell(String script, Runnable whileWaiting) throws Exception {
        return run(List.of("sh", "-c", script, "godwit-nginx", definition.nginx().pidFile()), whileWaiting);
    }

    private Said run(List<String> command, Runnable whileWaiting) throws Exception {
        List<String> all = new ArrayList<>(definition.nginx().inside());
        all.addAll(command);
        return ShortCommand.run(all, environment(), access.scratch(), COMMAND_WITHIN, whileWaiting);
    }

    /** A command that leads into a container must know which engine has it. */
    private static Map<String, String> environment() {
        return System.getenv()
                .entrySet()
                .stream()
                .filter(variable -> variable.getKey().startsWith("DOCKER_"))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}
