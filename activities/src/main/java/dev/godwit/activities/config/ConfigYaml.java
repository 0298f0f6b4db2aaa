package dev.godwit.activities.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Merges, sets and removes settings of a YAML file. Only the asked values change: comments, order, anchors, quotes,
 * indentation, line ends, a byte order mark and whatever else the file holds stay byte for byte. What is new is indented as
 * the file is; a JSON file stays JSON.
 *
 * <pre>{@code
 * - name: router_settings
 *   uses: config.yaml
 *   with:
 *     from: v1_home:config.yaml
 *     merge:
 *       routers: {core: {tts: {max_text_length: 5000}}}
 *       features: {use_new_routers: true, library_integration: false}
 *     set: {.cors.origins: ['https://app.example']}
 *     remove: [.gen.old_setting]
 *     append: {.plugins: [metrics]}
 * }</pre>
 *
 * <p>Settings are named by paths as in jq: {@code .routers.core}, {@code ."a key"}, {@code .hosts[0]}. {@code merge} goes
 * into objects and replaces anything else; {@code set} makes a value exactly this, and leaves what is the same within it
 * alone; {@code append} adds the items that a list has not got. What is as asked already is not touched, so that a second
 * run changes nothing. A comment above a removed setting stays.
 *
 * <p>The preview shows a unified diff, and the evidence has it as {@code changes.diff}. Values of keys that are named like
 * secrets ({@code password}, {@code token}) are hidden in both. Before anything is written, the new text is read again: its
 * values must be the old ones with these changes, and no other.
 *
 * <p>Undo puts the file back as it was, or removes it if there was none. If others changed it since, their version is set
 * aside and named.
 *
 * <p>Errors: {@code file-missing}; {@code file-exists} ({@code to} is another file than {@code from}, and there already
 * with other content); {@code file-is-link}; {@code config-unreadable} (no YAML, a key twice in one mapping, tabs as
 * indentation: the line is named); {@code config-documents} (the file has several documents, or not the asked one);
 * {@code config-not-in-place} (an alias or {@code <<} is in the way, or a value that is no object; says what to do);
 * {@code config-not-alone} (another setting would change, too, because an anchor is shared).
 */
@Uses(value = "config.yaml", kind = StepKind.CONFIG)
@AutoService(StepType.class)
public final class ConfigYaml implements StepType<ConfigYaml.Spec, ConfigYaml.Output> {

    /**
     * @param from the file to start from
     * @param to the file to write; the same if left out
     * @param merge settings that come in, object by object
     * @param set values by path
     * @param remove paths of settings that go; what is not there is gone already
     * @param append items by the path of a list; a list that is not there is made
     * @param document which of several documents in the file, from 1
     */
    public record Spec(@Of("directory") Location from, @Of("directory") Optional<Location> to,
            Optional<JsonNode> merge, @Default("{}") Map<String, JsonNode> set, @Default("[]") List<String> remove,
            @Default("{}") Map<String, List<JsonNode>> append, Optional<Integer> document) {
        public Spec {
            if (merge.isPresent() && !merge.get().isObject()) {
                throw new IllegalArgumentException("merge must be an object");
            }
            if (merge.isEmpty() && set.isEmpty() && remove.isEmpty() && append.isEmpty()) {
                throw new IllegalArgumentException("give merge, set, remove or append");
            }
            if (document.isPresent() && document.get() < 1) {
                throw new IllegalArgumentException("document counts from 1");
            }
            requireConsistent(changes(merge, set, remove, append));
        }

        ConfigChanges changes() {
            return changes(merge, set, remove, append);
        }

        private static ConfigChanges changes(Optional<JsonNode> merge, Map<String, JsonNode> set, List<String> remove,
                Map<String, List<JsonNode>> append) {
            Map<ConfigPath, JsonNode> values = new LinkedHashMap<>();
            set.forEach((path, value) -> values.put(one(path), value));
            Map<ConfigPath, List<JsonNode>> items = new LinkedHashMap<>();
            append.forEach((path, value) -> items.put(one(path), value));
            return new ConfigChanges(remove.stream().map(Spec::one).toList(), merge, values, items);
        }

        private static ConfigPath one(String text) {
            ConfigPath path = ConfigPath.parse(text);
            if (path.isRoot() || path.segments().contains(new ConfigPath.Each())) {
                throw new IllegalArgumentException("'" + text + "' must name one setting");
            }
            return path;
        }

        /** What goes and comes in one step would go and come in every run. */
        private static void requireConsistent(ConfigChanges changes) {
            for (ConfigPath removed : changes.remove()) {
                boolean merged = changes.merge().map(patch -> !removed.in(patch).isMissingNode()).orElse(false);
                boolean comes = changes.set().keySet().stream().anyMatch(path -> path.isWithin(removed))
                        || changes.append().keySet().stream().anyMatch(path -> path.isWithin(removed));
                if (merged || comes) {
                    throw new IllegalArgumentException(removed + " is removed and given a value at once");
                }
                if (removed.last() instanceof ConfigPath.Index) {
                    throw new IllegalArgumentException("'" + removed + "' cannot be removed by its number, which is the"
                            + " next item's afterwards; set the list without it");
                }
            }
        }
    }

    /**
     * @param added the paths that are new
     * @param replaced the paths that got another value
     * @param removed the paths that went
     * @param kept the paths that were as asked
     */
    public record Output(List<String> added, List<String> replaced, List<String> removed, List<String> kept) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        return edit(spec).preview(context,
                output -> "change %s: %d added, %d replaced, %d removed, %d as they are".formatted(
                        spec.to().orElse(spec.from()), output.added().size(), output.replaced().size(),
                        output.removed().size(), output.kept().size()));
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        return edit(spec).run(context);
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        FileEdit.undo(context);
    }

    private static FileEdit<Output> edit(Spec spec) {
        return new FileEdit<>(spec.from(), spec.to().orElse(spec.from()), Output.class, before -> {
            TextFile file = TextFile.of(before);
            if (!file.isUtf8()) {
                throw new UnreadableConfigException(1, "the file is not UTF-8, as YAML has to be");
            }
            YamlEdit.Edited edited = YamlEdit.apply(file.text(), document(spec, file.text()), spec.changes());
            return new FileEdit.Edited<>(file.with(edited.text()), edited.output());
        });
    }

    private static int document(Spec spec, String text) throws UnreadableConfigException {
        int documents = YamlText.documents(text).size();
        int wanted = spec.document().orElse(1);
        if (spec.document().isEmpty() && documents > 1) {
            throw StepFailure.user("config-documents",
                    "the file has " + documents + " documents; say with document: which to change, from 1");
        }
        if (wanted > Math.max(1, documents)) {
            throw StepFailure.user("config-documents",
                    "the file has no document " + wanted + " but " + documents);
        }
        return wanted - 1;
    }
}
