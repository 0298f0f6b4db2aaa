package dev.godwit.activities.documents;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/**
 * What tells two sets of rows apart whatever their order, and can be counted up row by row.
 *
 * @param rows how many
 * @param sum of the rows' hashes, modulo 2^64
 */
public record Checksum(long rows, long sum) {
    public static final Checksum ZERO = new Checksum(0, 0);

    /** Of both sets together. */
    public Checksum plus(Checksum other) {
        return new Checksum(rows + other.rows, sum + other.sum);
    }

    /** Of this set without the other. */
    public Checksum minus(Checksum other) {
        return new Checksum(rows - other.rows, sum - other.sum);
    }

    /** A row that holds these values. */
    static Checksum of(List<Object> row) {
        MessageDigest digest = sha256();
        row.forEach(value -> update(digest, value));
        return new Checksum(1, ByteBuffer.wrap(digest.digest()).getLong());
    }

    /** The row that a result stands on. */
    public static Checksum ofRow(ResultSet row) throws SQLException {
        MessageDigest digest = sha256();
        int columns = row.getMetaData().getColumnCount();
        for (int i = 1; i <= columns; i++) {
            update(digest, row.getObject(i));
        }
        return new Checksum(1, ByteBuffer.wrap(digest.digest()).getLong());
    }

    /**
     * All rows of a result.
     *
     * @param pulse called for every row
     */
    public static Checksum ofRows(ResultSet rows, Runnable pulse) throws SQLException {
        Checksum sum = ZERO;
        while (rows.next()) {
            pulse.run();
            sum = sum.plus(ofRow(rows));
        }
        return sum;
    }

    private static void update(MessageDigest digest, Object value) {
        byte[] bytes = switch (value) {
            case null -> new byte[0];
            case byte[] blob -> blob;
            default -> value.toString().getBytes(StandardCharsets.UTF_8);
        };
        // The tag and the length keep ('ab', 'c') and ('a', 'bc'), 1 and '1' apart.
        int tag = switch (value) {
            case null -> 0;
            case byte[] blob -> 1;
            case String text -> 2;
            default -> 3;
        };
        digest.update(ByteBuffer.allocate(8).putInt(tag).putInt(bytes.length).flip());
        digest.update(bytes);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
