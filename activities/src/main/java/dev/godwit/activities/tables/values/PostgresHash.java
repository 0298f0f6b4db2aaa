package dev.godwit.activities.tables.values;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * PostgreSQL's own 64-bit hash functions ({@code hashtextextended} and its like, by Bob Jenkins), so that a value read here
 * has the hash that a server computes of it there.
 */
public final class PostgresHash {
    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int WORDS = 12;

    private int a;
    private int b;
    private int c;

    private PostgresHash(int length, long seed) {
        a = 0x9e3779b9 + 3923095 + length;
        b = a;
        c = a;
        if (seed != 0) {
            a += (int) (seed >>> 32);
            b += (int) seed;
            mix();
        }
    }

    /** {@code hashint4extended(value, seed)}. */
    public static long ofInt(int value, long seed) {
        PostgresHash hash = new PostgresHash(Integer.BYTES, seed);
        hash.a += value;
        return hash.end();
    }

    /** {@code hashfloat8extended(value, seed)} of a value other than zero. */
    public static long ofDouble(double value, long seed) {
        long bits = Double.doubleToLongBits(value);
        PostgresHash hash = new PostgresHash(Long.BYTES, seed);
        hash.a += (int) bits;
        hash.b += (int) (bits >>> 32);
        return hash.end();
    }

    /** {@code hashtextextended(text, seed)} of a text in UTF-8 whose collation compares bytes. */
    public static long ofBytes(byte[] bytes, long seed) {
        return ofBytes(bytes, 0, bytes.length, seed);
    }

    /** The same of some bytes of an array. */
    public static long ofBytes(byte[] bytes, int from, int length, long seed) {
        PostgresHash hash = new PostgresHash(length, seed);
        int at = from;
        int end = from + length;
        for (; end - at >= WORDS; at += WORDS) {
            hash.a += (int) WORD.get(bytes, at);
            hash.b += (int) WORD.get(bytes, at + 4);
            hash.c += (int) WORD.get(bytes, at + 8);
            hash.mix();
        }
        for (int i = 0; at + i < end; i++) {
            int part = bytes[at + i] & 0xff;
            switch (i >> 2) {
                case 0 -> hash.a += part << 8 * i;
                case 1 -> hash.b += part << 8 * (i - 4);
                // The lowest byte of the last word is kept for the length.
                default -> hash.c += part << 8 * (i - 7);
            }
        }
        return hash.end();
    }

    /** {@code hash_array_extended(ARRAY[x], seed)}, of the hash of its only element. */
    public static long ofArray(long element) {
        return 31 + element;
    }

    private void mix() {
        a -= c;
        a ^= Integer.rotateLeft(c, 4);
        c += b;
        b -= a;
        b ^= Integer.rotateLeft(a, 6);
        a += c;
        c -= b;
        c ^= Integer.rotateLeft(b, 8);
        b += a;
        a -= c;
        a ^= Integer.rotateLeft(c, 16);
        c += b;
        b -= a;
        b ^= Integer.rotateLeft(a, 19);
        a += c;
        c -= b;
        c ^= Integer.rotateLeft(b, 4);
        b += a;
    }

    private long end() {
        c ^= b;
        c -= Integer.rotateLeft(b, 14);
        a ^= c;
        a -= Integer.rotateLeft(c, 11);
        b ^= a;
        b -= Integer.rotateLeft(a, 25);
        c ^= b;
        c -= Integer.rotateLeft(b, 16);
        a ^= c;
        a -= Integer.rotateLeft(c, 4);
        b ^= a;
        b -= Integer.rotateLeft(a, 14);
        c ^= b;
        c -= Integer.rotateLeft(b, 24);
        return (long) b << 32 | c & 0xffffffffL;
    }
}
