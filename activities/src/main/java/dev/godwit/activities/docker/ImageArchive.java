package dev.godwit.activities.docker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.files.Hashes;
import dev.godwit.json.Json;
import dev.godwit.step.StepFailure;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** An archive as {@code docker save} writes it. */
final class ImageArchive {
    private static final int LARGEST_DOCUMENT = 4 << 20;
    private static final int PIECE = 1 << 20;

    private final Path file;
    private final String shown;
    private final Map<String, String> hashes = new HashMap<>();
    private final Map<String, String> links = new HashMap<>();
    private final Map<String, String> documents = new HashMap<>();

    private ImageArchive(Path file, String shown) {
        this.file = file;
        this.shown = shown;
    }

    /**
     * What an archive was found to hold.
     *
     * @param configuration the hash of what the image says of itself, which most engines take for its id
     * @param layers how many layers the image has, all of which are there and whole
     */
    record Contents(String configuration, int layers) {}

    /**
     * Reads an archive back.
     *
     * @param shown the archive, for people
     */
    static Contents verify(Path file, String shown, Runnable whileReading) throws IOException {
        ImageArchive archive = new ImageArchive(file, shown);
        archive.read(whileReading);
        return archive.requireWhole();
    }

    private void read(Runnable whileReading) throws IOException {
        byte[] piece = new byte[PIECE];
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), PIECE);
                TarArchiveInputStream tar = new TarArchiveInputStream(in)) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (entry.isSymbolicLink() || entry.isLink()) {
                    Path target = entry.isLink()
                            ? Path.of(entry.getLinkName())
                            : Path.of(entry.getName()).resolveSibling(entry.getLinkName());
                    links.put(entry.getName(), target.normalize().toString());
                } else if (entry.isFile()) {
                    MessageDigest digest = Hashes.newSha256();
                    ByteArrayOutputStream document = new ByteArrayOutputStream();
                    for (int length = tar.read(piece); length >= 0; length = tar.read(piece)) {
                        digest.update(piece, 0, length);
                        if (entry.getSize() <= LARGEST_DOCUMENT && mayBeDocument(entry.getName())) {
                            document.write(piece, 0, length);
                        }
                        whileReading.run();
                    }
                    hashes.put(entry.getName(), Hashes.hex(digest));
                    if (document.size() > 0) {
                        documents.put(entry.getName(), document.toString(StandardCharsets.UTF_8));
                    }
                }
            }
        }
    }

    private static boolean mayBeDocument(String name) {
        return name.endsWith(".json") || name.startsWith("blobs/");
    }

    private Contents requireWhole() {
        JsonNode manifest = document("manifest.json").path(0);
        String configurationName = manifest.path("Config").asText();
        JsonNode configuration = document(configurationName);
        if (!configurationName.contains(hashes.get(configurationName))) {
            throw damaged("its " + configurationName + " is not what its name says");
        }
        JsonNode layers = manifest.path("Layers");
        JsonNode wanted = configuration.path("rootfs").path("diff_ids");
        if (layers.isEmpty() || layers.size() != wanted.size()) {
            throw damaged("it has " + layers.size() + " layers of " + wanted.size());
        }
        for (int i = 0; i < layers.size(); i++) {
            String name = layers.get(i).asText();
            String hash = hashes.get(links.getOrDefault(name, name));
            // A compressed layer has its own hash as its name, and the other one inside.
            if (hash == null || !wanted.get(i).asText().equals("sha256:" + hash) && !name.endsWith("/" + hash)) {
                throw damaged("its layer " + name + (hash == null ? " is missing" : " is not what the image says"));
            }
        }
        return new Contents(hashes.get(configurationName), layers.size());
    }

    private JsonNode document(String name) {
        String text = documents.get(name);
        if (text == null) {
            throw damaged("it has no " + name);
        }
        return Json.read(text, JsonNode.class);
    }

    private StepFailure damaged(String how) {
        return StepFailure.integrity("archive-damaged",
                shown + ": the archive is not whole: " + how + "; see whether the disk is well, then start again");
    }
}
