package dev.godwit.starter;

import dev.godwit.plan.NearestName;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * When a schedule starts its dry-runs.
 *
 * @param cron minute, hour, day of month, month, day of week; or a word such as {@code @daily}
 * @param zone whose clock it is
 */
record Timetable(String cron, String zone) {

    /** Where schedules keep it. */
    static final String MEMO = "godwit-timetable";

    private static final List<String> WORDS = List.of("@hourly", "@daily", "@midnight", "@weekly", "@monthly",
            "@yearly", "@annually");
    private static final List<String> MONTHS = List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep",
            "oct", "nov", "dec");
    private static final List<String> DAYS = List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat");
    private static final List<Field> FIELDS = List.of(new Field("minute", 0, 59, List.of()),
            new Field("hour", 0, 23, List.of()), new Field("day of month", 1, 31, List.of()),
            new Field("month", 1, 12, MONTHS), new Field("day of week", 0, 7, DAYS));
    private static final Pattern PART = Pattern.compile("(?:(\\*)|(\\w+)(?:-(\\w+))?)(?:/(\\w+))?");

    /**
     * Checks it, since Temporal's own words do not say which part is wrong.
     *
     * @throws CommandFailure if it is no timetable
     */
    static Timetable of(String cron, String zone) {
        String times = cron.strip();
        if (times.startsWith("@")) {
            if (!WORDS.contains(times)) {
                throw wrong(cron, "'" + times + "' is none of " + String.join(", ", WORDS));
            }
        } else {
            String[] parts = times.split("\\s+");
            if (parts.length != FIELDS.size()) {
                throw wrong(cron, "it has " + parts.length
                        + (parts.length == 1 ? " field" : " fields")
                        + ", not five: minute, hour, day of month, month, day"
                        + " of week");
            }
            for (int i = 0; i < parts.length; i++) {
                FIELDS.get(i).check(cron, parts[i]);
            }
        }
        if (!ZoneId.getAvailableZoneIds().contains(zone)) {
            throw CommandFailure.usage("there is no time zone '" + zone + "'"
                    + NearestName.hint(zone, ZoneId.getAvailableZoneIds())
                    + "; one is called like Europe/Berlin, or UTC");
        }
        return new Timetable(times, zone);
    }

    /** {@code 0 2 * * * (UTC)}. */
    String text() {
        return cron + " (" + zone + ")";
    }

    private static CommandFailure wrong(String cron, String why) {
        return CommandFailure.usage("--cron '" + cron + "': " + why + "; every night at two is '0 2 * * *'");
    }

    private record Field(String name, int least, int most, List<String> words) {
        void check(String cron, String text) {
            for (String part : text.split(",", -1)) {
                Matcher matcher = PART.matcher(part);
                if (!matcher.matches()) {
                    throw wrong(cron, "'" + part + "' is no " + name);
                }
                if (matcher.group(1) == null) {
                    int from = number(cron, matcher.group(2));
                    if (matcher.group(3) != null && number(cron, matcher.group(3)) < from) {
                        throw wrong(cron, "'" + part + "' ends before it begins");
                    }
                }
                if (matcher.group(4) != null && !matcher.group(4).matches("0*[1-9]\\d{0,3}")) {
                    throw wrong(cron, "the step of '" + part + "' is no number above 0");
                }
            }
        }

        private int number(String cron, String text) {
            int word = words.indexOf(text.toLowerCase(Locale.ROOT));
            if (word >= 0) {
                return word + least;
            }
            if (!text.matches("\\d{1,4}") || Integer.parseInt(text) < least || Integer.parseInt(text) > most) {
                throw wrong(cron, "'" + text + "' is no " + name + " (" + least + "-" + most + ")");
            }
            return Integer.parseInt(text);
        }
    }
}
