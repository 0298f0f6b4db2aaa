package dev.godwit.activities.resource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The processes of this machine: {@code /proc} where there is one, {@code ps} and {@code lsof} elsewhere. */
final class ProcessTable {
    private static final Path PROC = Path.of("/proc");
    private static final boolean HAS_PROC = Files.isReadable(PROC.resolve("self/stat"));
    private static final String LISTENING = "0A";

    private ProcessTable() {}

    /** A line of {@code /proc/PID/stat}. */
    private record Stat(long pid, char state, long parent, long group, int threads, String started) {
        /** The name in parentheses may itself hold parentheses and spaces. */
        static Stat parse(String line) {
            String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ");
            return new Stat(Long.parseLong(line.substring(0, line.indexOf(' '))), fields[0].charAt(0),
                    Long.parseLong(fields[1]), Long.parseLong(fields[2]), Integer.parseInt(fields[17]), fields[19]);
        }

        /** While other threads end, the first may be a zombie already; its ports and files are still held. */
        boolean ended() {
            return "ZXx".indexOf(state) >= 0 && threads <= 1;
        }
    }

    /** Who has a pid now; nobody if it is free, or held by a process that has ended and only waits to be noticed. */
    static Optional<ProcessIdentity> identify(long pid) {
        if (!HAS_PROC) {
            return ps(pid, "stat=").filter(state -> !state.startsWith("Z"))
                    .flatMap(state -> ps(pid, "lstart="))
                    .map(started -> new ProcessIdentity(pid, started, "", ps(pid, "command=").orElse("")));
        }
        return stat(pid).filter(stat -> !stat.ended())
                .map(stat -> new ProcessIdentity(pid, stat.started(), bootId(), command(pid)));
    }

    /** Reads what a process wrote about itself before it became what it is; see {@link Launcher}. */
    static ProcessIdentity parse(List<String> lines) {
        long pid = Long.parseLong(lines.get(0));
        String started = HAS_PROC ? Stat.parse(lines.get(1)).started() : lines.get(1);
        return new ProcessIdentity(pid, started, lines.get(2), identify(pid).map(ProcessIdentity::command).orElse(""));
    }

    static boolean alive(ProcessIdentity identity) {
        return identify(identity.pid()).filter(identity::same).isPresent();
    }

    /** The process, its descendants and, if it leads a process group, the group: all that must end when it is stopped. */
    static List<ProcessIdentity> family(ProcessIdentity root) {
        Set<Long> pids = new HashSet<>(Set.of(root.pid()));
        if (HAS_PROC) {
            List<Stat> all = all();
            boolean leads = all.stream().anyMatch(stat -> stat.pid() == root.pid() && stat.group() == root.pid());
            boolean grown = true;
            while (grown) {
                grown = false;
                for (Stat stat : all) {
                    if (pids.contains(stat.parent()) || leads && stat.group() == root.pid()) {
                        grown |= pids.add(stat.pid());
                    }
                }
            }
        } else {
            ProcessHandle.of(root.pid())
                    .ifPresent(
                            handle -> handle.descendants().forEach(descendant -> pids.add(descendant.pid())));
        }
        return pids.stream().map(ProcessTable::identify).flatMap(Optional::stream).toList();
    }

    /** The processes, except those of other users, whose environment has this value; none where there is no /proc. */
    static List<ProcessIdentity> marked(String variable, String value) {
        if (!HAS_PROC) {
            return List.of();
        }
        String mark = variable + "=" + value;
        return all().stream()
                .map(Stat::pid)
                .filter(pid -> read(PROC.resolve(pid + "/environ"))
                        .map(environment -> List.of(environment.split("\0")).contains(mark))
                        .orElse(false))
                .map(ProcessTable::identify)
                .flatMap(Optional::stream)
                .toList();
    }

    /** The memory that a process has in use; 0 if it has ended. */
    static long residentBytes(long pid) {
        Optional<Long> kilobytes = HAS_PROC
                ? read(PROC.resolve(pid + "/status")).flatMap(
                        status -> status.lines().filter(line -> line.startsWith("VmRSS:")).findFirst())
                        .map(line -> Long.valueOf(line.replaceAll("\\D", "")))
                : ps(pid, "rss=").map(Long::valueOf);
        return kilobytes.orElse(0L) * 1024;
    }

    /** Whether some process, seen or unseen, listens on a port of this machine. */
    static boolean listening(int port) throws IOException {
        return HAS_PROC ? !listeningSockets(port).isEmpty() : !lsof(port).isEmpty();
    }

    /** The process that listens on a port; empty if there is none or it belongs to a user whose processes are hidden. */
    static Optional<ProcessIdentity> listener(int port) throws IOException {
        if (!HAS_PROC) {
            return lsof(port).stream().map(ProcessTable::identify).flatMap(Optional::stream).findFirst();
        }
        Set<String> sockets = listeningSockets(port);
        if (sockets.isEmpty()) {
            return Optional.empty();
        }
        return all().stream()
                .filter(stat -> holds(stat.pid(), sockets))
                .findFirst()
                .flatMap(stat -> identify(stat.pid()));
    }

    private static Set<String> listeningSockets(int port) throws IOException {
        String suffix = String.format(":%04X", port);
        Set<String> sockets = new HashSet<>();
        for (String table : List.of("net/tcp", "net/tcp6")) {
            if (Files.isReadable(PROC.resolve(table))) {
                Files.readAllLines(PROC.resolve(table))
                        .stream()
                        .map(line -> line.strip().split("\\s+"))
                        .filter(fields -> fields[1].endsWith(suffix) && fields[3].equals(LISTENING))
                        .forEach(fields -> sockets.add("socket:[" + fields[9] + "]"));
            }
        }
        return sockets;
    }

    private static boolean holds(long pid, Set<String> sockets) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(PROC.resolve(pid + "/fd"))) {
            for (Path descriptor : descriptors) {
                if (sockets.contains(target(descriptor))) {
                    return true;
                }
            }
        } catch (IOException e) {
            return false; // It has ended, or belongs to another user.
        }
        return false;
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return ""; // Closed in the meantime.
        }
    }

    private static List<Stat> all() {
        List<Stat> all = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                stat(Long.parseLong(process.getFileName().toString())).ifPresent(all::add);
            }
        } catch (IOException e) {
            throw new IllegalStateException("cannot list /proc", e);
        }
        return all;
    }

    private static Optional<Stat> stat(long pid) {
        return read(PROC.resolve(pid + "/stat")).map(Stat::parse);
    }

    private static String command(long pid) {
        return read(PROC.resolve(pid + "/cmdline")).orElse("").replace('\0', ' ').strip();
    }

    private static String bootId() {
        return read(PROC.resolve("sys/kernel/random/boot_id")).orElse("").strip();
    }

    private static Optional<String> read(Path file) {
        try {
            return Optional.of(new String(Files.readAllBytes(file), StandardCharsets.UTF_8)).filter(s -> !s.isEmpty());
        } catch (IOException e) {
            return Optional.empty(); // The process has ended.
        }
    }

    private static Optional<String> ps(long pid, String column) {
        return output(List.of("ps", "-o", column, "-p", Long.toString(pid))).stream().findFirst().map(String::strip);
    }

    private static List<Long> lsof(int port) {
        return output(List.of("lsof", "-nP", "-iTCP:" + port, "-sTCP:LISTEN", "-t")).stream()
                .map(Long::valueOf)
                .toList();
    }

    private static List<String> output(List<String> command) {
        try {
            Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
            List<String> lines = process.inputReader().lines().filter(line -> !line.isBlank()).toList();
            process.waitFor(5, TimeUnit.SECONDS);
            return lines;
        } catch (IOException e) {
            return List.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }
}
