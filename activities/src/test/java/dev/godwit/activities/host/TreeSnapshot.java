package dev.godwit.activities.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * All that can be seen of a tree: names, kinds, content, modes, links, which names are one file, and modification times of
 * files and directories.
 */
public final class TreeSnapshot {
    private TreeSnapshot() {}

    /** A line for each file and directory, the tree's root included, in the order of names. */
    public static List<String> of(Path root, boolean times) throws IOException {
        List<String> lines = new ArrayList<>();
        Map<Object, Path> firstNames = new HashMap<>();
        try (Stream<Path> tree = Files.walk(root)) {
            for (Path path : tree.sorted().toList()) {
                Path name = root.relativize(path);
                PosixFileAttributes attributes = Files.readAttributes(path, PosixFileAttributes.class,
                        LinkOption.NOFOLLOW_LINKS);
                StringBuilder line = new StringBuilder(name.toString().isEmpty() ? "." : name.toString());
                line.append(' ').append(PosixFilePermissions.toString(attributes.permissions()));
                if (attributes.isSymbolicLink()) {
                    line.append(" -> ").append(Files.readSymbolicLink(path));
                } else if (attributes.isRegularFile()) {
                    line.append(' ').append(attributes.size()).append(' ').append(sha256(path));
                    Path first = firstNames.putIfAbsent(attributes.fileKey(), name);
                    if (first != null) {
                        line.append(" is ").append(first);
                    }
                } else {
                    line.append(" directory");
                }
                if (times) {
                    line.append(' ').append(attributes.lastModifiedTime());
                }
                lines.add(line.toString());
            }
        }
        return lines;
    }

    private static String sha256(Path file) throws IOException {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
