package dev.godwit.activities.proxy;

import java.util.ArrayList;
import java.util.List;

/**
 * Which requests a step sends where.
 *
 * @param from the address of the service that serves before
 * @param to the address of the one that is to serve
 * @param share how many of a hundred go there
 */
record Route(String from, String to, int share) {
    static Route of(ProxySwitch.Spec spec, ReadableProxy proxy) throws Exception {
        return new Route(proxy.address(spec.from()), proxy.address(spec.to()), spec.share());
    }

    /** Whether requests go where this route begins. */
    boolean leadsFrom(List<Share> shares) {
        return shares.stream().anyMatch(share -> share.address().equals(from));
    }

    List<Share> after(List<Share> before) {
        if (share == 100) {
            return List.of(new Share(to, 1));
        }
        List<Share> others = before.stream().filter(other -> !other.address().equals(to)).toList();
        int weights = others.stream().mapToInt(Share::weight).sum();
        List<Share> after = new ArrayList<>(List.of(new Share(to, share * weights)));
        others.forEach(other -> after.add(new Share(other.address(), (100 - share) * other.weight())));
        return reduced(after);
    }

    /** 10 and 90 become 1 and 9: fewer requests until every server has had its part. */
    private static List<Share> reduced(List<Share> shares) {
        int divisor = shares.stream().mapToInt(Share::weight).reduce(0, Route::greatestCommonDivisor);
        return shares.stream().map(share -> new Share(share.address(), share.weight() / divisor)).toList();
    }

    private static int greatestCommonDivisor(int one, int other) {
        return other == 0 ? one : greatestCommonDivisor(other, one % other);
    }
}
