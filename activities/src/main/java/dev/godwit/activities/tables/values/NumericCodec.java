package dev.godwit.activities.tables.values;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;

/** {@code numeric}, with its digits in groups of four as PostgreSQL sends them. */
final class NumericCodec extends StoredAsTextCodec {
    private static final int NOT_A_NUMBER = 0xC000;
    private static final int POSITIVE_INFINITY = 0xD000;
    private static final int NEGATIVE_INFINITY = 0xF000;
    private static final int SCALE_OF_INFINITY = 32;
    private static final int NEGATIVE = 0x4000;
    private static final int GROUP = 4;
    private static final int MOST_WHOLE_DIGITS = 131_072;
    private static final int MOST_FRACTION_DIGITS = 16_383;
    private static final Pattern NUMBER = Pattern.compile("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]{1,6})?");

    private final boolean limited;
    private final int precision;
    private final int scale;

    /** A numeric of any precision and scale. */
    NumericCodec() {
        super("numeric");
        this.limited = false;
        this.precision = 0;
        this.scale = 0;
    }

    NumericCodec(int precision, int scale) {
        super("numeric(" + precision + "," + scale + ")");
        this.limited = true;
        this.precision = precision;
        this.scale = scale;
    }

    @Override
    public void integer(long value, CopyBuffer out) throws UnfitValueException {
        number(BigDecimal.valueOf(value), out);
    }

    /** A real becomes the shortest number that reads back as it. */
    @Override
    public void real(double value, CopyBuffer out) throws UnfitValueException {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            special(Double.isNaN(value) ? NOT_A_NUMBER : value > 0 ? POSITIVE_INFINITY : NEGATIVE_INFINITY,
                    Double.toString(value), out);
        } else if (value == 0 && 1 / value < 0) {
            throw new UnfitValueException("the real -0.0 would become 0: numeric has no negative zero");
        } else {
            BigDecimal shortest = new BigDecimal(Double.toString(value)).stripTrailingZeros();
            number(shortest.scale() < 0 ? shortest.setScale(0) : shortest, out);
        }
    }

    @Override
    public void text(byte[] value, CopyBuffer out) throws UnfitValueException {
        String text = ascii(value).strip();
        switch (text.toLowerCase(Locale.ROOT)) {
            case "nan" -> special(NOT_A_NUMBER, text, out);
            case "infinity", "+infinity", "inf", "+inf" -> special(POSITIVE_INFINITY, text, out);
            case "-infinity", "-inf" -> special(NEGATIVE_INFINITY, text, out);
            default -> {
                if (!NUMBER.matcher(text).matches()) {
                    super.text(value, out);
                }
                BigDecimal number = new BigDecimal(text);
                number(number.scale() < 0 ? whole(number) : number, out);
            }
        }
    }

    private BigDecimal whole(BigDecimal number) throws UnfitValueException {
        requireRange(number);
        return number.setScale(0);
    }

    private void requireRange(BigDecimal number) throws UnfitValueException {
        if ((long) number.precision() - number.scale() > MOST_WHOLE_DIGITS || number.scale() > MOST_FRACTION_DIGITS) {
            throw new UnfitValueException("a number of " + number.precision() + " digits, " + number.scale()
                    + " of them behind the point, is out of the range of numeric");
        }
    }

    private void special(int sign, String shown, CopyBuffer out) throws UnfitValueException {
        // NaN fits any numeric; infinities fit only one without a precision.
        if (limited && sign != NOT_A_NUMBER) {
            throw new UnfitValueException(shown + " is not " + described());
        }
        out.putInt(8);
        out.putShort(0);
        out.putShort(0);
        out.putShort(sign);
        // A server that has infinities sends a scale with them, which it does not read. Hashes are of what it sends.
        out.putShort(sign == NOT_A_NUMBER ? 0 : SCALE_OF_INFINITY);
    }

    private void number(BigDecimal value, CopyBuffer out) throws UnfitValueException {
        BigDecimal number = value;
        if (limited) {
            try {
                number = value.setScale(scale, RoundingMode.UNNECESSARY);
            } catch (ArithmeticException e) {
                throw unfit(value);
            }
            if (number.signum() != 0 && number.precision() > precision) {
                throw unfit(value);
            }
            if (scale < 0) {
                number = number.setScale(0);
            }
        }
        requireRange(number);
        byte[] digits = number.unscaledValue().abs().toString().getBytes(StandardCharsets.US_ASCII);
        write(digits, number.signum(), number.scale(), out);
    }

    private UnfitValueException unfit(BigDecimal value) {
        return new UnfitValueException("the number " + value + " does not fit " + type() + " without rounding");
    }

    /** Groups are counted from the point, so the first and the last may need zeros. */
    private static void write(byte[] digits, int sign, int scale, CopyBuffer out) {
        int wholeDigits = digits.length - scale;
        int firstGroup = Math.floorDiv(wholeDigits - 1, GROUP);
        int lastGroup = -Math.floorDiv(scale + GROUP - 1, GROUP);
        int first = firstGroup;
        while (first >= lastGroup && group(digits, wholeDigits, first) == 0) {
            first--;
        }
        int last = lastGroup;
        while (last <= first && group(digits, wholeDigits, last) == 0) {
            last++;
        }
        int count = first < last ? 0 : first - last + 1;
        out.putInt(8 + 2 * count);
        out.putShort(count);
        out.putShort(count == 0 ? 0 : first);
        out.putShort(sign < 0 ? NEGATIVE : 0);
        out.putShort(scale);
        for (int i = first; count > 0 && i >= last; i--) {
            out.putShort(group(digits, wholeDigits, i));
        }
    }

    /** The group that counts 10000 to the power of {@code index}. */
    private static int group(byte[] digits, int wholeDigits, int index) {
        int from = wholeDigits - (index + 1) * GROUP;
        int value = 0;
        for (int i = from; i < from + GROUP; i++) {
            value = value * 10 + (i >= 0 && i < digits.length ? digits[i] - '0' : 0);
        }
        return value;
    }
}
