package dev.godwit.activities.proxy;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Where a part of the requests goes.
 *
 * @param address as the proxy knows it, such as {@code 127.0.0.1:8000}
 * @param weight how much of the whole, against the others'
 */
public record Share(String address, int weight) {
    public Share {
        if (address.isBlank() || !address.matches("[^\\s;{}#'\"\\\\$]+")) {
            throw new IllegalArgumentException("'" + address + "' is not an address, such as 127.0.0.1:8000");
        }
        if (weight < 1) {
            throw new IllegalArgumentException(
                    "a share is more than nothing, and that of " + address + " is " + weight);
        }
    }

    /** For people: {@code 127.0.0.1:8000}, or {@code 10 % to 127.0.0.1:8001 and 90 % to 127.0.0.1:8000}. */
    static String describe(List<Share> shares) {
        int all = shares.stream().mapToInt(Share::weight).sum();
        return shares.size() == 1
                ? shares.getFirst().address()
                : shares.stream()
                        .map(share -> Math.round(100.0 * share.weight() / all) + " % to " + share.address())
                        .collect(Collectors.joining(" and "));
    }
}
