package dev.godwit.activities.backup;

/** The permissions of a file as ls shows them, the special ones included: {@code rwsr-xr-t}. */
final class Permissions {
    private static final int[] SPECIAL = {04000, 02000, 01000};
    private static final int EXECUTE = 1;

    private Permissions() {}

    static String text(int mode) {
        StringBuilder text = new StringBuilder(9);
        for (int who = 0; who < 3; who++) {
            int bits = mode >> 6 - 3 * who & 7;
            boolean special = (mode & SPECIAL[who]) != 0;
            boolean execute = (bits & EXECUTE) != 0;
            char letter = who == 2 ? 't' : 's';
            text.append((bits & 4) != 0 ? 'r' : '-').append((bits & 2) != 0 ? 'w' : '-');
            text.append(special ? execute ? letter : Character.toUpperCase(letter) : execute ? 'x' : '-');
        }
        return text.toString();
    }

    /** @throws IllegalArgumentException if the text is not what {@link #text} writes */
    static int mode(String text) {
        if (!text.matches("([r-][w-][xsS-]){2}[r-][w-][xtT-]")) {
            throw new IllegalArgumentException("'" + text + "' are no permissions; they are written like rwxr-x---");
        }
        int mode = 0;
        for (int i = 0; i < 9; i++) {
            char letter = text.charAt(i);
            if (letter != '-' && letter != 'S' && letter != 'T') {
                mode |= 0400 >> i;
            }
            if (i % 3 == 2 && letter != '-' && letter != 'x') {
                mode |= SPECIAL[i / 3];
            }
        }
        return mode;
    }
}
