import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * What the backup benchmarks back up: sessions of some kilobytes, a hundred in a directory, and twenty videos. With 20,000
 * sessions it is 20,020 files and 1.4 GB, of which zstd saves about a third. The same each time.
 *
 * <p>{@code java BackupData.java DIRECTORY [SESSIONS]}
 */
class BackupData {
    private static final int VIDEOS = 20;
    private static final int IN_DIRECTORY = 100;
    private static final long VIDEO_BYTES_FOR_A_SESSION = 66_400_000L / 20_000;

    public static void main(String... arguments) throws IOException {
        Path home = Path.of(arguments[0]);
        int sessions = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 20_000;
        Random random = new Random(20_020);
        for (int i = 0; i < sessions; i++) {
            Path day = home.resolve("sessions/day_%05d".formatted(i / IN_DIRECTORY));
            if (i % IN_DIRECTORY == 0) {
                Files.createDirectories(day);
            }
            Files.writeString(day.resolve("session_%06d.json".formatted(i)), session(i, random));
        }
        Files.createDirectories(home.resolve("videos"));
        for (int i = 0; i < VIDEOS; i++) {
            video(home.resolve("videos/video_%02d.mp4".formatted(i)), VIDEO_BYTES_FOR_A_SESSION * sessions, random);
        }
    }

    private static String session(int number, Random random) {
        StringBuilder text = new StringBuilder("{\"session_id\": \"session_%06d\", \"detections\": [".formatted(number));
        for (int i = 0; i < 40; i++) {
            text.append(i == 0 ? "" : ", ")
                    .append("{\"plate_text\": \"%s\", \"confidence\": %.4f, \"timestamp\": %.3f, \"box\": [%d, %d, 120, 40]}"
                            .formatted(Long.toString(random.nextLong(60_000_000L), 36).toUpperCase(),
                                    random.nextDouble(), 1.7e9 + random.nextDouble() * 1e6, random.nextInt(1920),
                                    random.nextInt(1080)));
        }
        return text.append("]}\n").toString();
    }

    /** Noise with six bits in each byte: something to be saved, and work to save it. */
    private static void video(Path file, long bytes, Random random) throws IOException {
        byte[] block = new byte[64 * 1024];
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
            for (long written = 0; written < bytes; written += block.length) {
                random.nextBytes(block);
                for (int i = 0; i < block.length; i++) {
                    block[i] &= 0x3f;
                }
                out.write(block, 0, (int) Math.min(block.length, bytes - written));
            }
        }
    }
}
