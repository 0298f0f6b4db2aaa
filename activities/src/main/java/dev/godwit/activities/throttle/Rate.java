package dev.godwit.activities.throttle;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How often something happens: {@code 20/s} or {@code 90/m}. */
public record Rate(int count, Duration per) {
    private static final Pattern TEXT = Pattern.compile("([1-9]\\d{0,4})/(s|m)");

    /**
     * Reads a rate.
     *
     * @throws IllegalArgumentException if the text is none
     */
    @JsonCreator
    public static Rate parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text
                    + "' is not a rate; write how many in a second or a minute, at most 99999, such as 20/s or 90/m");
        }
        return new Rate(Integer.parseInt(matcher.group(1)),
                matcher.group(2).equals("s") ? Duration.ofSeconds(1) : Duration.ofMinutes(1));
    }

    /** The time from one to the next. */
    public Duration interval() {
        return per.dividedBy(count);
    }

    @Override
    @JsonValue
    public String toString() {
        return count + (per.equals(Duration.ofSeconds(1)) ? "/s" : "/m");
    }
}
