package dev.godwit.activities.tables.values;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import java.util.UUID;
import java.util.regex.Pattern;

/** The codecs of numbers, truth values, bytes and UUIDs. */
final class ScalarCodecs {
    private ScalarCodecs() {}

    static final class BooleanCodec extends ValueCodec {
        BooleanCodec() {
            super("boolean");
        }

        @Override
        public String storedAs() {
            return "INTEGER";
        }

        @Override
        public void integer(long value, CopyBuffer out) throws UnfitValueException {
            if (value != 0 && value != 1) {
                super.integer(value, out);
            }
            out.byteField((int) value);
        }

        @Override
        public void text(byte[] value, CopyBuffer out) throws UnfitValueException {
            switch (ascii(value).strip().toLowerCase(Locale.ROOT)) {
                case "t", "true" -> out.byteField(1);
                case "f", "false" -> out.byteField(0);
                default -> super.text(value, out);
            }
        }

        @Override
        public void parse(byte[] value, CopyBuffer out) throws UnfitValueException {
            switch (ascii(value).strip().toLowerCase(Locale.ROOT)) {
                case "t", "true", "yes", "y", "on", "1" -> out.byteField(1);
                case "f", "false", "no", "n", "off", "0" -> out.byteField(0);
                default -> super.text(value, out);
            }
        }

        @Override
        public Object stored(byte[] bytes, int offset, int length) {
            return (long) bytes[offset];
        }
    }

    static final class IntegerCodec extends ValueCodec {
        private final int size;
        private final long greatest;

        /** @param size in bytes: 2, 4 or 8 */
        IntegerCodec(String type, int size) {
            super(type);
            this.size = size;
            this.greatest = Long.MAX_VALUE >> (64 - 8 * size);
        }

        @Override
        public String storedAs() {
            return "INTEGER";
        }

        @Override
        public void integer(long value, CopyBuffer out) throws UnfitValueException {
            if (value > greatest || value < -greatest - 1) {
                throw new UnfitValueException("the integer " + value + " is out of the range of " + type());
            }
            switch (size) {
                case 2 -> out.shortField((int) value);
                case 4 -> out.intField((int) value);
                default -> out.longField(value);
            }
        }

        @Override
        public void parse(byte[] value, CopyBuffer out) throws UnfitValueException {
            long number;
            try {
                number = Long.parseLong(ascii(value).strip());
            } catch (NumberFormatException e) {
                text(value, out);
                return;
            }
            integer(number, out);
        }

        @Override
        public Object stored(byte[] bytes, int offset, int length) {
            return switch (size) {
                case 2 -> (long) CopyBuffer.shortAt(bytes, offset);
                case 4 -> (long) CopyBuffer.intAt(bytes, offset);
                default -> CopyBuffer.longAt(bytes, offset);
            };
        }
    }

    static final class FloatCodec extends ValueCodec {
        private static final Pattern NUMBER = Pattern
                .compile("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]{1,6})?");

        private final boolean isDouble;

        FloatCodec(String type, boolean isDouble) {
            super(type);
            this.isDouble = isDouble;
        }

        @Override
        public String storedAs() {
            return "REAL";
        }

        @Override
        public void integer(long value, CopyBuffer out) throws UnfitValueException {
            double real = isDouble ? value : (float) value;
            if (value == Long.MAX_VALUE || (long) real != value) {
                throw new UnfitValueException("the integer " + value + " has more digits than " + type() + " keeps");
            }
            put(real, out);
        }

        @Override
        public void real(double value, CopyBuffer out) throws UnfitValueException {
            if (!isDouble && !Double.isNaN(value) && (float) value != value) {
                throw new UnfitValueException("the real " + value + " has more digits than " + type() + " keeps");
            }
            put(value, out);
        }

        @Override
        public void parse(byte[] value, CopyBuffer out) throws UnfitValueException {
            String text = ascii(value).strip();
            switch (text.toLowerCase(Locale.ROOT)) {
                case "nan" -> put(Double.NaN, out);
                case "infinity", "+infinity", "inf", "+inf" -> put(Double.POSITIVE_INFINITY, out);
                case "-infinity", "-inf" -> put(Double.NEGATIVE_INFINITY, out);
                default -> {
                    if (!NUMBER.matcher(text).matches()) {
                        text(value, out);
                    }
                    put(parsed(text), out);
                }
            }
        }

        /** A number is kept if, written with as many digits as the text has, it is the text's. */
        private double parsed(String text) throws UnfitValueException {
            double real = isDouble ? Double.parseDouble(text) : Float.parseFloat(text);
            BigDecimal exact = new BigDecimal(text);
            if (!Double.isFinite(real) || (exact.signum() == 0
                    ? real != 0
                    : new BigDecimal(real)
                            .round(new MathContext(exact.stripTrailingZeros().precision(), RoundingMode.HALF_EVEN))
                            .compareTo(exact) != 0)) {
                throw new UnfitValueException("the number " + text + " has more digits than " + type()
                        + " keeps, or is out of its range");
            }
            return real;
        }

        private void put(double value, CopyBuffer out) {
            if (isDouble) {
                out.longField(Double.doubleToLongBits(value));
            } else {
                out.intField(Float.floatToIntBits((float) value));
            }
        }

        @Override
        public Object stored(byte[] bytes, int offset, int length) throws UnfitValueException {
            double value = isDouble
                    ? Double.longBitsToDouble(CopyBuffer.longAt(bytes, offset))
                    : Float.intBitsToFloat(CopyBuffer.intAt(bytes, offset));
            if (Double.isNaN(value)) {
                throw new UnfitValueException("NaN would become null: SQLite has no such number");
            }
            if (value == 0 && 1 / value < 0) {
                throw new UnfitValueException("-0.0 would become 0.0: SQLite does not keep the sign of a real zero");
            }
            return value;
        }
    }

    static final class BytesCodec extends ValueCodec {
        BytesCodec() {
            super("bytea");
        }

        @Override
        public String storedAs() {
            return "BLOB";
        }

        @Override
        public void blob(byte[] value, CopyBuffer out) {
            out.bytesField(value);
        }

        @Override
        public void parse(byte[] value, CopyBuffer out) throws UnfitValueException {
            String text = ascii(value);
            if (!text.startsWith("\\x")) {
                throw new UnfitValueException(shown(value) + " is not bytea in its hex form, such as \\x0aff");
            }
            try {
                out.bytesField(HexFormat.of().parseHex(text.substring(2)));
            } catch (IllegalArgumentException e) {
                throw new UnfitValueException(shown(value) + " is not bytea in its hex form, such as \\x0aff");
            }
        }

        @Override
        public Object stored(byte[] bytes, int offset, int length) {
            byte[] value = new byte[length];
            System.arraycopy(bytes, offset, value, 0, length);
            return value;
        }
    }

    static final class UuidCodec extends StoredAsTextCodec {
        private static final Pattern FORM = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

        UuidCodec() {
            super("uuid");
        }

        @Override
        public boolean mayLookLikeNumber() {
            return false;
        }

        @Override
        public void text(byte[] value, CopyBuffer out) throws UnfitValueException {
            String text = string(value, 0, value.length);
            if (!FORM.matcher(text).matches()) {
                super.text(value, out);
            }
            UUID uuid = UUID.fromString(text);
            out.putInt(16);
            out.putLong(uuid.getMostSignificantBits());
            out.putLong(uuid.getLeastSignificantBits());
        }

        @Override
        public void blob(byte[] value, CopyBuffer out) throws UnfitValueException {
            if (value.length != 16) {
                super.blob(value, out);
            }
            out.bytesField(value);
        }
    }

    /** Digits of a number as PostgreSQL shows it, or not at all. */
    static byte[] digits(double value) {
        if (Double.isInfinite(value)) {
            return (value > 0 ? "Infinity" : "-Infinity").getBytes(StandardCharsets.US_ASCII);
        }
        if (value == 0) {
            return (1 / value < 0 ? "-0" : "0").getBytes(StandardCharsets.US_ASCII);
        }
        BigDecimal shortest = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        int exponent = shortest.precision() - shortest.scale() - 1;
        if (exponent >= -4 && exponent < 15) {
            return shortest.toPlainString().getBytes(StandardCharsets.US_ASCII);
        }
        String unscaled = shortest.unscaledValue().abs().toString();
        String mantissa = unscaled.length() == 1 ? unscaled : unscaled.charAt(0) + "." + unscaled.substring(1);
        return String.format(Locale.ROOT, "%s%se%s%02d", value < 0 ? "-" : "", mantissa, exponent < 0 ? "-" : "+",
                Math.abs(exponent)).getBytes(StandardCharsets.US_ASCII);
    }
}
