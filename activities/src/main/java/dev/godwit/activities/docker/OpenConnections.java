package dev.godwit.activities.docker;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The sockets of a container's network, as the kernel shows them.
 *
 * @param listening the ports on which something listens for others
 * @param established how many connections with others there are, by the port on this side
 */
record OpenConnections(Set<Integer> listening, Map<Integer, Long> established) {
    /** Shows them; one of the two files may be missing. */
    static final List<String> COMMAND = List.of("cat", "/proc/net/tcp", "/proc/net/tcp6");

    private static final String ESTABLISHED = "01";
    private static final String LISTEN = "0A";
    private static final int HEXADECIMAL = 16;

    /** How many connections there are to these ports. */
    long to(List<Integer> ports) {
        return ports.stream().mapToLong(port -> established.getOrDefault(port, 0L)).sum();
    }

    /** Absent if these are not such lines. */
    static Optional<OpenConnections> of(List<String> lines) {
        Set<Integer> listening = new TreeSet<>();
        Map<Integer, Long> established = new HashMap<>();
        boolean shown = false;
        for (String line : lines) {
            String[] fields = line.strip().split("\\s+");
            shown |= line.contains("local_address");
            if (fields.length < 4 || !fields[1].matches("[0-9A-F]+:[0-9A-F]{4}")) {
                continue;
            }
            String[] local = fields[1].split(":");
            int port = Integer.parseInt(local[1], HEXADECIMAL);
            if (loopback(local[0]) || loopback(fields[2].split(":")[0])) {
                continue;
            }
            if (fields[3].equals(LISTEN)) {
                listening.add(port);
            } else if (fields[3].equals(ESTABLISHED)) {
                established.merge(port, 1L, Long::sum);
            }
        }
        return shown ? Optional.of(new OpenConnections(listening, established)) : Optional.empty();
    }

    /** Addresses are in groups of four bytes, the last byte first. */
    private static boolean loopback(String address) {
        boolean mapped = address.startsWith("0000000000000000FFFF0000") && address.endsWith("7F");
        return address.length() == 8 && address.endsWith("7F") || mapped
                || address.equals("00000000000000000000000001000000");
    }
}
