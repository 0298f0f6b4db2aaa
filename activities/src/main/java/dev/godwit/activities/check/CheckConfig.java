package dev.godwit.activities.check;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.google.auto.service.AutoService;
import dev.godwit.activities.config.ConfigPath;
import dev.godwit.activities.config.ConfigValues;
import dev.godwit.activities.config.ConfigValues.Format;
import dev.godwit.activities.config.UnreadableConfigException;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.SpecReader;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Checks a configuration file: required settings, deprecated ones, unknown keys, types, choices and ranges. All that is
 * wrong is reported at once, each with its line.
 *
 * <pre>{@code
 * - name: configuration
 *   uses: check.config
 *   with:
 *     in: v1_home:config.yaml
 *     required: [.middleware, .routers, .features]
 *     deprecated: {.gen.old_temperature: .gen.default_temperature}
 *     settings:
 *       .gen.default_temperature: {type: number, min: 0, max: 2}
 *       .features.library_integration: {type: boolean}
 *       .middleware.logging.log_level: {enum: [DEBUG, INFO, WARNING]}
 *       .middleware.timing: {type: object}
 *       .voices[].name: {type: text, required: true}
 *     known: [.middleware]
 * }</pre>
 *
 * <p>Settings are named by paths as in jq; {@code []} stands for every key or item. {@code known} names objects in which
 * only keys that this step names may stand: {@code .} for the whole file, {@code .middleware} for that and all below it. A
 * setting of type {@code object} or {@code list} without settings of its own may hold anything. The values of a .env file are
 * texts, and are of a type if they can be read as one.
 *
 * <p>Fails with {@code config-faults}, which names all faults; with {@code tolerate} those of some rules are only reported.
 * Their list is among the evidence. It never holds a value. Other errors: {@code file-missing}. A dry-run fails as a run
 * would, unless an earlier step is going to change the file.
 */
@Uses(value = "check.config", kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class CheckConfig implements ReadOnlyStepType<CheckConfig.Spec, CheckConfig.Output> {

    /** What may be wrong. */
    public enum Rule {
        /** The file is not what its format wants. */
        SYNTAX,
        /** A required setting is not there. */
        REQUIRED,
        /** A deprecated setting is there. */
        DEPRECATED,
        /** A key is not known. */
        UNKNOWN,
        /** A value has the wrong type. */
        TYPE,
        /** A value is none of the choices, out of range, or not of the form. */
        VALUE
    }

    /** What a setting may be. */
    public enum Type {
        /** Any text. */
        TEXT,
        /** Any number. */
        NUMBER,
        /** A number without a fraction. */
        INTEGER,
        /** True or false. */
        BOOLEAN,
        /** A list. */
        LIST,
        /** Keys and values. */
        OBJECT
    }

    /**
     * @param in the file
     * @param format {@code yaml}, {@code json} or {@code env}; by the file's name if left out
     * @param required paths of settings that must be there
     * @param deprecated what to use instead, by the path of a setting that should not be there any more
     * @param settings what settings may be, by path
     * @param known objects in which only keys that this step names may stand
     * @param tolerate rules whose faults do not fail the step
     */
    public record Spec(@Of("directory") Location in, Optional<Format> format,
            @Default("[]") List<String> required, @Default("{}") Map<String, String> deprecated,
            @Default("{}") Map<String, Setting> settings, @Default("[]") List<String> known,
            @Default("[]") List<Rule> tolerate) {
        public Spec {
            required.forEach(ConfigPath::parse);
            deprecated.keySet().forEach(ConfigPath::parse);
            settings.keySet().forEach(ConfigPath::parse);
            known.forEach(ConfigPath::parse);
        }
    }

    /**
     * @param type what it must be; anything if left out
     * @param choices what it must be one of
     * @param min the least that it may be
     * @param max the most that it may be
     * @param pattern a regular expression that its whole text must match
     * @param required whether it must be there; of a path with {@code []} in everything that may hold it
     */
    public record Setting(Optional<Type> type,
            @JsonProperty("enum") @Default("[]") List<String> choices,
            Optional<BigDecimal> min, Optional<BigDecimal> max, Optional<String> pattern,
            @Default("false") boolean required) {
        public Setting {
            pattern.ifPresent(Pattern::compile);
        }
    }

    /**
     * @param faults all that is wrong, in the order of the file
     * @param failed how many faults fail the step
     * @param tolerated how many do not
     */
    public record Output(List<ConfigFault> faults, int failed, int tolerated) {}

    /**
     * @param line in the file, from 1
     * @param path of the setting
     * @param rule what it breaks
     * @param problem for people: what is wrong, and what would be right
     */
    public record ConfigFault(int line, String path, Rule rule, String problem) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = context.madeBy(spec.in());
        return maker.isPresent() ? Preview.knownAfter(maker.get()) : Preview.of(passed(spec, check(spec, context)));
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Output output = check(spec, context);
        context.evidence().json("faults", output.faults());
        return passed(spec, output);
    }

    private static Output passed(Spec spec, Output output) {
        if (output.failed() > 0) {
            String faults = output.faults()
                    .stream()
                    .filter(fault -> !spec.tolerate().contains(fault.rule()))
                    .map(fault -> "line " + fault.line() + ": " + fault.problem())
                    .collect(Collectors.joining("; "));
            throw StepFailure.user("config-faults", "check.config: " + spec.in() + " has " + output.failed()
                    + (output.failed() == 1 ? " fault: " : " faults: ") + faults);
        }
        return output;
    }

    private static Output check(Spec spec, PreviewContext context) throws Exception {
        Path file = context.reading(DirectoryKind.class, spec.in()).file();
        List<ConfigFault> faults = faults(spec, file);
        int tolerated = (int) faults.stream().filter(fault -> spec.tolerate().contains(fault.rule())).count();
        return new Output(faults, faults.size() - tolerated, tolerated);
    }

    private static List<ConfigFault> faults(Spec spec, Path file) throws Exception {
        Format format = spec.format().orElseGet(() -> Format.of(file.getFileName().toString()));
        try {
            ConfigValues values = ConfigValues.read(Files.readAllBytes(file), format);
            return new ConfigRules(spec, values, format == Format.ENV).faults()
                    .stream()
                    .distinct()
                    .sorted(Comparator.comparingInt(ConfigFault::line).thenComparing(ConfigFault::path))
                    .toList();
        } catch (UnreadableConfigException e) {
            return List.of(new ConfigFault(e.line(), ".", Rule.SYNTAX,
                    "this is not " + SpecReader.choiceName(format) + ": " + e.getMessage()));
        }
    }
}
