package dev.godwit.report;

import dev.godwit.run.Report;
import io.pebbletemplates.pebble.PebbleEngine;
import io.pebbletemplates.pebble.extension.AbstractExtension;
import io.pebbletemplates.pebble.extension.Filter;
import io.pebbletemplates.pebble.extension.escaper.SafeString;
import io.pebbletemplates.pebble.loader.ClasspathLoader;
import io.pebbletemplates.pebble.template.EvaluationContext;
import io.pebbletemplates.pebble.template.PebbleTemplate;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Makes a report readable: {@code report.md} and {@code report.html} of the evidence. The same report always gives the
 * same text. What it says is decided in {@link ReportView}; how it looks in the templates beside this class.
 */
public final class ReportRenderer {
    private static final PebbleEngine ENGINE = engine();

    private ReportRenderer() {}

    /** The report as Markdown with GitHub's tables. */
    public static String markdown(Report report) {
        return render("report.md.peb", report);
    }

    /** The report as one HTML page that needs no other file. */
    public static String html(Report report) {
        return render("report.html.peb", report);
    }

    private static String render(String name, Report report) {
        PebbleTemplate template = ENGINE.getTemplate(name);
        StringWriter text = new StringWriter();
        try {
            template.evaluate(text, Map.of("report", ReportView.of(report)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString().replaceAll("[\\p{Cntrl}&&[^\\n\\t]]|\\uFFFE|\\uFFFF", "\uFFFD");
    }

    private static PebbleEngine engine() {
        ClasspathLoader loader = new ClasspathLoader(ReportRenderer.class.getClassLoader());
        loader.setPrefix("dev/godwit/report");
        return new PebbleEngine.Builder().loader(loader)
                .strictVariables(true)
                .addEscapingStrategy("markdown", Markdown::text)
                .extension(new AbstractExtension() {
                    @Override
                    public Map<String, Filter> getFilters() {
                        return Map.of("code", new Code(Markdown::code), "cell", new Code(Markdown::codeInTable),
                                "indented",
                                new Code(text -> text.indent(2).stripTrailing()));
                    }
                })
                .build();
    }

    /** A filter whose result is Markdown already. */
    private record Code(UnaryOperator<String> markdown) implements Filter {
        @Override
        public Object apply(Object input, Map<String, Object> arguments, PebbleTemplate self, EvaluationContext context,
                int line) {
            return new SafeString(markdown.apply(String.valueOf(input)));
        }

        @Override
        public List<String> getArgumentNames() {
            return List.of();
        }
    }
}
