package dev.godwit.activities.documents;

import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.resource.SqliteCopy;
import dev.godwit.step.RunContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where an attempt spools what it compares: a database of its own, which begins as a copy of what the attempt before it has
 * committed, so that one that was thought dead and is not neither holds its successor up nor writes into what that reads.
 */
final class ComparisonFile {
    private static final String PREFIX = "comparison-";
    private static final String UNFINISHED = "unfinished-";
    private static final String DATABASE = "values.db";

    private final RunContext context;

    ComparisonFile(RunContext context) {
        this.context = context;
    }

    Path open() throws IOException {
        Path own = context.workspace().resolve(PREFIX + context.token());
        List<Path> earlier = directories(PREFIX);
        DurableFiles.deleteTree(unfinished());
        Files.createDirectory(unfinished());
        if (!earlier.isEmpty() && SqliteCopy.isDatabase(earlier.getLast().resolve(DATABASE))) {
            SqliteCopy.take(earlier.getLast().resolve(DATABASE), unfinished(), context::checkpoint);
        }
        context.journal().checkToken();
        Files.move(unfinished(), own, StandardCopyOption.ATOMIC_MOVE);
        for (Path directory : earlier) {
            DurableFiles.deleteTree(directory);
        }
        return own.resolve(DATABASE);
    }

    /** Removes all of it. */
    void forget() throws IOException {
        for (Path directory : directories(PREFIX)) {
            DurableFiles.deleteTree(directory);
        }
        for (Path directory : directories(UNFINISHED)) {
            DurableFiles.deleteTree(directory);
        }
    }

    private Path unfinished() {
        return context.workspace().resolve(UNFINISHED + context.token());
    }

    /** By token. */
    private List<Path> directories(String prefix) throws IOException {
        List<Path> directories = new ArrayList<>();
        try (Stream<Path> entries = Files.list(context.workspace())) {
            entries.filter(entry -> entry.getFileName().toString().startsWith(prefix)).forEach(directories::add);
        }
        directories.sort(Comparator.comparingLong(
                directory -> Long.parseLong(directory.getFileName().toString().substring(prefix.length()))));
        return directories;
    }
}
