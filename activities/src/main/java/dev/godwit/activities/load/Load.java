package dev.godwit.activities.load;

import dev.godwit.activities.throttle.Rate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is asked of a service, by how many and how often.
 *
 * @param requests what is asked
 * @param users how many users there are, each with a connection of its own and one request at a time
 * @param rate how often all of them ask together, whatever the answers take (the open model); absent where a user asks as
 *     soon as its last answer is there (the closed model)
 * @param think how long a user of the closed model waits between an answer and its next request
 * @param within how long a whole answer may take, connecting included
 */
public record Load(List<LoadRequest> requests, int users, Optional<Rate> rate, Think think, Duration within) {

    private static final int MOST_USERS = 10_000;

    public Load {
        requests = List.copyOf(requests);
        LoadRequest.check(requests);
        if (users < 1 || users > MOST_USERS) {
            throw new IllegalArgumentException("users must be from 1 to " + MOST_USERS + ", and is " + users);
        }
        if (!within.isPositive()) {
            throw new IllegalArgumentException("within must be longer than nothing");
        }
        if (rate.isPresent() && !think.none()) {
            throw new IllegalArgumentException(
                    "with a rate there is no time to think: the rate says when the next request is due; leave one out");
        }
    }

    /** All that users may ask: what they choose from, and then what follows from answers, in the order of these. */
    public List<LoadRequest> all() {
        return Stream.concat(requests.stream(), LoadRequest.followUps(requests)).toList();
    }
}
