package dev.godwit.activities.files;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** An entry of the journal of {@link FileChanges}: something about to be done, with what taking it back needs. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "change")
@JsonSubTypes({@JsonSubTypes.Type(value = FileChange.Touch.class, name = "touch"),
        @JsonSubTypes.Type(value = FileChange.MakeDirectory.class, name = "make-directory"),
        @JsonSubTypes.Type(value = FileChange.FinishDirectory.class, name = "finish-directory"),
        @JsonSubTypes.Type(value = FileChange.Write.class, name = "write"),
        @JsonSubTypes.Type(value = FileChange.Written.class, name = "written"),
        @JsonSubTypes.Type(value = FileChange.Remove.class, name = "remove"),
        @JsonSubTypes.Type(value = FileChange.Move.class, name = "move"),
        @JsonSubTypes.Type(value = FileChange.HardLink.class, name = "hard-link"),
        @JsonSubTypes.Type(value = FileChange.SymbolicLink.class, name = "symbolic-link"),
        @JsonSubTypes.Type(value = FileChange.SwitchLink.class, name = "switch-link")})
sealed interface FileChange {
    /** Names will come or go in a directory that was there before, so that its modification time will change. */
    record Touch(String directory, Instant modified) implements FileChange {}

    /** A directory that is not there yet. */
    record MakeDirectory(String path) implements FileChange {}

    /** A directory that this step has made gets its mode and modification time, now that all is in it. */
    record FinishDirectory(String path) implements FileChange {}

    /**
     * A file's content.
     *
     * @param number tells the writes of a batch apart
     * @param path the file
     * @param replaces whether there is a file, which is kept until the run is forgotten
     */
    record Write(int number, String path, boolean replaces) implements FileChange {}

    /** What the {@link Write} of that number has written under a temporary name; only then does it get its own. */
    record Written(int number, String sha256) implements FileChange {}

    /**
     * A file that goes; it is kept until the run is forgotten.
     *
     * @param number tells it apart from the writes and removals of a batch
     */
    record Remove(int number, String path) implements FileChange {}

    /** A file or directory that gets another name. */
    record Move(String from, String to) implements FileChange {}

    /** A second name for a file. */
    record HardLink(String existing, String link) implements FileChange {}

    /** A name that leads to another. */
    record SymbolicLink(String link, String target) implements FileChange {}

    /**
     * A name that is to lead elsewhere.
     *
     * @param number tells it apart from the writes and removals of a batch
     * @param old where it leads
     * @param modified the modification time of the link itself
     */
    record SwitchLink(int number, String link, String target, String old, Instant modified) implements FileChange {}

    /** The directories in which names come or go, or which change themselves. */
    default List<Path> directories() {
        return switch (this) {
            case Write write -> List.of(Path.of(write.path()).getParent());
            case MakeDirectory made -> List.of(Path.of(made.path()).getParent());
            case FinishDirectory finished -> List.of(Path.of(finished.path()));
            case Remove removed -> List.of(Path.of(removed.path()).getParent());
            case Move move -> List.of(Path.of(move.from()).getParent(), Path.of(move.to()).getParent());
            case HardLink link -> List.of(Path.of(link.link()).getParent());
            case SymbolicLink link -> List.of(Path.of(link.link()).getParent());
            case SwitchLink link -> List.of(Path.of(link.link()).getParent());
            case Touch touch -> List.of(Path.of(touch.directory()));
            case Written written -> List.of();
        };
    }
}
