package dev.godwit.activities.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFilesTest {
    @TempDir
    private Path directory;

    @Test
    void a_tree_that_is_removed_tells_after_each_file_and_directory() throws Exception {
        Path tree = Files.createDirectories(directory.resolve("tree/a/b")).getParent().getParent();
        Files.writeString(tree.resolve("one"), "1");
        Files.writeString(tree.resolve("a/two"), "2");
        Files.createSymbolicLink(tree.resolve("a/b/link"), tree);
        List<Long> told = new ArrayList<>();

        DurableFiles.deleteTree(tree, told::add);
        DurableFiles.deleteTree(tree, told::add);

        assertThat(directory).isEmptyDirectory();
        assertThat(told).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
    }
}
