package dev.godwit.activities.config;

import dev.godwit.activities.config.YamlNode.Entry;
import dev.godwit.activities.config.YamlNode.Mapping;
import dev.godwit.activities.config.YamlNode.Sequence;
import java.util.List;
import java.util.OptionalInt;

/**
 * The indentation of a YAML text, as its first nested block shows it.
 *
 * @param step how much deeper each level stands; 2 where nothing is nested
 * @param sequenceStep how much deeper a list's dashes stand than its key; as a level where there is none
 */
record YamlLayout(int step, int sequenceStep) {

    static YamlLayout of(String text, YamlNode root) {
        int step = first(text, root, Mapping.class).orElse(2);
        return new YamlLayout(step, first(text, root, Sequence.class).orElse(step));
    }

    /** How much deeper the first block of this kind stands than the key that holds it. */
    private static OptionalInt first(String text, YamlNode node, Class<? extends YamlNode> kind) {
        List<YamlNode> inner = switch (node) {
            case Mapping mapping when !mapping.flow() -> mapping.entries().stream().map(Entry::value).toList();
            case Sequence sequence when !sequence.flow() -> sequence.items();
            default -> List.of();
        };
        if (node instanceof Mapping mapping && !mapping.flow()) {
            for (Entry entry : mapping.entries()) {
                if (kind.isInstance(entry.value()) && isBlock(entry.value())) {
                    return OptionalInt.of(column(text, entry.value().span().content())
                            - column(text, entry.key().span().from()));
                }
            }
        }
        return inner.stream()
                .map(child -> first(text, child, kind))
                .filter(OptionalInt::isPresent)
                .findFirst()
                .orElse(OptionalInt.empty());
    }

    static boolean isBlock(YamlNode node) {
        return switch (node) {
            case Mapping mapping -> !mapping.flow();
            case Sequence sequence -> !sequence.flow();
            default -> false;
        };
    }

    /** How far a position is from the beginning of its line. */
    static int column(String text, int position) {
        return position - lineStart(text, position);
    }

    static int lineStart(String text, int position) {
        return text.lastIndexOf('\n', position - 1) + 1;
    }

    /** Where a position's line ends, before its line break. */
    static int lineEnd(String text, int position) {
        int end = text.indexOf('\n', position);
        if (end < 0) {
            return text.length();
        }
        return end > position && text.charAt(end - 1) == '\r' ? end - 1 : end;
    }
}
