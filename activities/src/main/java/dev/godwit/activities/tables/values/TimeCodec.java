package dev.godwit.activities.tables.values;

import java.time.DateTimeException;
import java.time.LocalDate;

/**
 * Dates and times of day in the ISO form that PostgreSQL writes and most programs read: {@code 2026-03-01},
 * {@code 2026-03-01 12:00:00.5+00}, with {@code T} for the space, {@code Z} for the zone, years of more than four digits,
 * {@code BC} behind it all, and {@code infinity}.
 */
final class TimeCodec extends StoredAsTextCodec {
    /** What a value is made of. */
    enum Parts { DATE, TIME, TIMESTAMP, TIMESTAMP_WITH_ZONE }

    private static final long EPOCH_DAY = LocalDate.of(2000, 1, 1).toEpochDay();
    private static final long DAY = 86_400_000_000L;
    private static final int MICRO_DIGITS = 6;
    private static final long LEAST_DAY = LocalDate.of(-4713, 11, 24).toEpochDay();
    private static final long LAST_DATE = LocalDate.of(5_874_897, 12, 31).toEpochDay();
    private static final long LAST_TIMESTAMP = LocalDate.of(294_276, 12, 31).toEpochDay();

    private final Parts parts;
    private final int digits;

    /** @param digits how many digits behind the second are kept */
    TimeCodec(String type, Parts parts, int digits) {
        super(type);
        this.parts = parts;
        this.digits = digits;
    }

    @Override
    public boolean mayLookLikeNumber() {
        return false;
    }

    @Override
    public void text(byte[] value, CopyBuffer out) throws UnfitValueException {
        if (parts != Parts.TIME && value.length >= 8 && (value[0] == 'i' || value[1] == 'i')) {
            infinity(value, out);
            return;
        }
        Reader reader = new Reader(value);
        if (parts == Parts.TIME) {
            long time = reader.time();
            reader.end();
            out.longField(time);
            return;
        }
        long[] yearMonthDay = reader.date();
        long time = 0;
        if (parts != Parts.DATE && reader.more() && reader.skipOneOf(" T")) {
            time = reader.time();
            if (parts == Parts.TIMESTAMP_WITH_ZONE) {
                time -= reader.zone();
            }
        } else if (parts == Parts.TIMESTAMP_WITH_ZONE) {
            throw reader.noZone();
        }
        long year = reader.beforeChrist() ? 1 - yearMonthDay[0] : yearMonthDay[0];
        reader.end();
        put(reader.day(year, yearMonthDay[1], yearMonthDay[2]), time, value, out);
    }

    private void put(long day, long time, byte[] value, CopyBuffer out) throws UnfitValueException {
        if (day < LEAST_DAY || day > (parts == Parts.DATE ? LAST_DATE : LAST_TIMESTAMP)) {
            throw new UnfitValueException(shown(value) + " is out of the range of " + type());
        }
        if (parts == Parts.DATE) {
            out.intField((int) (day - EPOCH_DAY));
        } else {
            out.longField((day - EPOCH_DAY) * DAY + time);
        }
    }

    private void infinity(byte[] value, CopyBuffer out) throws UnfitValueException {
        String text = ascii(value);
        boolean positive = text.equals("infinity");
        if (!positive && !text.equals("-infinity")) {
            super.text(value, out);
        }
        if (parts == Parts.DATE) {
            out.intField(positive ? Integer.MAX_VALUE : Integer.MIN_VALUE);
        } else {
            out.longField(positive ? Long.MAX_VALUE : Long.MIN_VALUE);
        }
    }

    /** Reads a value from its beginning to its end. */
    private final class Reader {
        private final byte[] text;
        private int next;

        Reader(byte[] text) {
            this.text = text;
        }

        boolean more() {
            return next < text.length;
        }

        long[] date() throws UnfitValueException {
            int from = next;
            long year = number(4, 7);
            if (next - from > 4 && text[from] == '0' || year == 0) {
                throw unfit();
            }
            skip('-');
            long month = number(2, 2);
            skip('-');
            return new long[]{year, month, number(2, 2)};
        }

        long day(long year, long month, long day) throws UnfitValueException {
            try {
                return LocalDate.of((int) year, (int) month, (int) day).toEpochDay();
            } catch (DateTimeException e) {
                throw unfit();
            }
        }

        long time() throws UnfitValueException {
            long hour = number(2, 2);
            skip(':');
            long minute = number(2, 2);
            long second = more() && skipOneOf(":") ? number(2, 2) : 0;
            long micros = more() && skipOneOf(".") ? fraction() : 0;
            boolean midnight = parts == Parts.TIME && hour == 24 && minute == 0 && second == 0 && micros == 0;
            if (hour > 23 && !midnight || minute > 59 || second > 59) {
                throw unfit();
            }
            return ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros;
        }

        private long fraction() throws UnfitValueException {
            int from = next;
            long micros = 0;
            while (more() && text[next] >= '0' && text[next] <= '9') {
                int place = next - from;
                if (place >= digits && text[next] != '0') {
                    throw new UnfitValueException(shown(text) + " has more digits behind the second than " + type()
                            + " keeps");
                }
                micros = place < MICRO_DIGITS ? micros * 10 + text[next] - '0' : micros;
                next++;
            }
            if (next == from) {
                throw unfit();
            }
            for (int place = next - from; place < MICRO_DIGITS; place++) {
                micros *= 10;
            }
            return micros;
        }

        /** Microseconds that the zone is ahead of UTC. */
        long zone() throws UnfitValueException {
            if (!more()) {
                throw noZone();
            }
            if (skipOneOf("Z")) {
                return 0;
            }
            boolean behind = text[next] == '-';
            if (!skipOneOf("+-")) {
                throw noZone();
            }
            long seconds = number(2, 2) * 3600;
            if (more() && text[next] != ' ') {
                skipOneOf(":");
                seconds += number(2, 2) * 60;
            }
            if (more() && skipOneOf(":")) {
                seconds += number(2, 2);
            }
            if (seconds > 16 * 3600) {
                throw unfit();
            }
            return (behind ? -seconds : seconds) * 1_000_000;
        }

        boolean beforeChrist() {
            if (text.length - next == 3 && text[next] == ' ' && text[next + 1] == 'B' && text[next + 2] == 'C') {
                next += 3;
                return true;
            }
            return false;
        }

        void end() throws UnfitValueException {
            if (more()) {
                throw unfit();
            }
        }

        private long number(int least, int most) throws UnfitValueException {
            int from = next;
            long value = 0;
            while (more() && next - from < most && text[next] >= '0' && text[next] <= '9') {
                value = value * 10 + text[next++] - '0';
            }
            if (next - from < least) {
                throw unfit();
            }
            return value;
        }

        private void skip(char wanted) throws UnfitValueException {
            if (!more() || text[next] != wanted) {
                throw unfit();
            }
            next++;
        }

        boolean skipOneOf(String wanted) {
            boolean found = wanted.indexOf(text[next]) >= 0;
            next += found ? 1 : 0;
            return found;
        }

        UnfitValueException noZone() {
            return new UnfitValueException(
                    shown(text) + " says no time zone, so it is not one moment; declare the column timestamp");
        }

        private UnfitValueException unfit() {
            return new UnfitValueException(shown(text) + " is not " + described() + " in ISO form");
        }
    }
}
