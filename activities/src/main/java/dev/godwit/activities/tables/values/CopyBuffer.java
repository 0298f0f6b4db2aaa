package dev.godwit.activities.tables.values;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Rows in the form of PostgreSQL's binary COPY, written into an array that grows. */
public final class CopyBuffer {
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final int NULL = -1;

    private byte[] bytes;
    private int length;

    public CopyBuffer(int capacity) {
        bytes = new byte[capacity];
    }

    /** What has been written: the first {@link #length} bytes. It is another array after the next write, perhaps. */
    public byte[] bytes() {
        return bytes;
    }

    public int length() {
        return length;
    }

    public void clear() {
        length = 0;
    }

    /** Takes back what was written behind a place. */
    public void truncate(int to) {
        length = to;
    }

    public void startRow(int fields) {
        putShort(fields);
    }

    public void nullField() {
        putInt(NULL);
    }

    public void byteField(int value) {
        room(5);
        INT.set(bytes, length, 1);
        bytes[length + 4] = (byte) value;
        length += 5;
    }

    public void shortField(int value) {
        room(6);
        INT.set(bytes, length, 2);
        SHORT.set(bytes, length + 4, (short) value);
        length += 6;
    }

    public void intField(int value) {
        room(8);
        INT.set(bytes, length, 4);
        INT.set(bytes, length + 4, value);
        length += 8;
    }

    public void longField(long value) {
        room(12);
        INT.set(bytes, length, 8);
        LONG.set(bytes, length + 4, value);
        length += 12;
    }

    public void bytesField(byte[] value) {
        room(4 + value.length);
        INT.set(bytes, length, value.length);
        System.arraycopy(value, 0, bytes, length + 4, value.length);
        length += 4 + value.length;
    }

    /** Begins a field whose length is known when {@link #endField} is called with what this returns. */
    public int beginField() {
        putInt(0);
        return length;
    }

    public void endField(int begin) {
        INT.set(bytes, begin - 4, length - begin);
    }

    public void putShort(int value) {
        room(2);
        SHORT.set(bytes, length, (short) value);
        length += 2;
    }

    public void putInt(int value) {
        room(4);
        INT.set(bytes, length, value);
        length += 4;
    }

    public void putLong(long value) {
        room(8);
        LONG.set(bytes, length, value);
        length += 8;
    }

    /** Adds what is already in this form: an array from an offset to its end. */
    public void raw(byte[] from, int offset) {
        int added = from.length - offset;
        room(added);
        System.arraycopy(from, offset, bytes, length, added);
        length += added;
    }

    public static int shortAt(byte[] from, int offset) {
        return (short) SHORT.get(from, offset);
    }

    public static int intAt(byte[] from, int offset) {
        return (int) INT.get(from, offset);
    }

    public static long longAt(byte[] from, int offset) {
        return (long) LONG.get(from, offset);
    }

    private void room(int wanted) {
        if (bytes.length - length < wanted) {
            bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(length, wanted), (int) Math.min(Integer.MAX_VALUE - 8L,
                    bytes.length * 2L)));
        }
    }
}
