package dev.godwit.activities.files;

import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Makes a symbolic link to a file or directory.
 *
 * <pre>{@code
 * - name: v1_data
 *   uses: files.link
 *   with: {link: 'v2_home:data_v1_readonly', target: 'v1_home:data'}
 * }</pre>
 *
 * <p>With {@code existing: replace} a link that leads elsewhere is switched in one stroke: whoever looks finds the old target
 * or the new one, never none. A link for each of many things is {@code files.links}.
 *
 * <p>Undo removes the link, or lets it lead where it led. Errors: {@code file-missing} (there is no target),
 * {@code file-exists} (something else has the link's name).
 */
@Uses(value = "files.link", kind = StepKind.FILES)
@AutoService(StepType.class)
public final class FilesLink implements StepType<FilesLink.Spec, FilesLink.Output> {

    /**
     * @param link the link's own name
     * @param target what it leads to
     * @param relative whether the link says the way from its own directory, which survives moving both together
     * @param existing what to do about a link of that name which leads elsewhere: {@code refuse} or {@code replace} it
     */
    public record Spec(@Of("directory") Location link, @Of("directory") Location target,
            @Default("false") boolean relative, @Default("refuse") FileChanges.Existing existing) {}

    /**
     * @param target what the link says
     */
    public record Output(String target) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Path target = context.reading(DirectoryKind.class, spec.target()).path();
        Optional<String> maker = context.madeBy(spec.target());
        if (!Files.exists(target) && maker.isEmpty()) {
            throw missing(spec, target);
        }
        String text = text(spec, context.reading(DirectoryKind.class, spec.link()).path(), target);
        return Preview.of(new Output(text)).change("link " + spec.link() + " to " + text).making(spec.link());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Path target = context.reading(DirectoryKind.class, spec.target()).path();
        Path link = context.writing(DirectoryKind.class, spec.link()).path();
        if (!Files.exists(target)) {
            throw missing(spec, target);
        }
        String text = text(spec, link, target);
        FileChanges.open(context).batch().symbolicLink(link, text, spec.existing()).commit(text);
        return new Output(text);
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        FileChanges.open(context).undo();
    }

    private static String text(Spec spec, Path link, Path target) {
        return (spec.relative() ? link.getParent().relativize(target) : target).toString();
    }

    private static StepFailure missing(Spec spec, Path target) {
        return StepFailure.user("file-missing", "files.link: " + spec.target() + " (" + target
                + ") does not exist; create it first, or change the plan");
    }
}
