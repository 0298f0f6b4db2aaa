package dev.godwit.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.json.Json;
import dev.godwit.run.Report;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.TimeZone;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xml.sax.InputSource;

/**
 * Compares with the files beside {@code completed.json}. After a wanted change, write them anew with
 * {@code mvn -pl workflows test -Dtest=ReportRendererTest -Dtest.jvm.options=-Dgolden.write=true} and read the difference.
 */
class ReportRendererTest {
    private static final String HOSTILE = "<script>alert('x')</script> | \"&amp;\" `tick` ]]> --> {{ 7 * 7 }} \u001b[31m";

    @ParameterizedTest
    @ValueSource(strings = {"completed", "rolled_back", "dry_run"})
    void a_report_is_rendered_as_its_golden_files_say(String name) {
        Report report = Json.read(text(name + ".json"), Report.class);
        String markdown = ReportRenderer.markdown(report);
        String html = ReportRenderer.html(report);
        if (Boolean.getBoolean("golden.write")) {
            write(name + ".md", markdown);
            write(name + ".html", html);
        }
        assertThat(markdown).isEqualTo(text(name + ".md"));
        assertThat(html).isEqualTo(text(name + ".html"));
    }

    @Test
    void the_same_report_gives_the_same_text_in_any_locale_and_time_zone() {
        Report report = Json.read(text("completed.json"), Report.class);
        Locale locale = Locale.getDefault();
        TimeZone zone = TimeZone.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG"));
            TimeZone.setDefault(TimeZone.getTimeZone("Asia/Kolkata"));
            assertThat(ReportRenderer.markdown(report)).isEqualTo(text("completed.md"));
        } finally {
            Locale.setDefault(locale);
            TimeZone.setDefault(zone);
        }
    }

    /** Row E13. */
    @Test
    void json_has_the_actual_time_beside_the_estimate() {
        Report report = Json.read(text("completed.json"), Report.class);
        JsonNode json = Json.tree(report);

        assertThat(json.at("/phases/1/estimate").asText()).isEqualTo("2m");
        assertThat(json.at("/phases/1/actual").asText()).isEqualTo("1m12s600ms");
        assertThat(json.get("actual").asText()).isNotEmpty();
        assertThat(Json.read(Json.pretty(report), Report.class)).isEqualTo(report);
    }

    @Test
    void html_is_well_formed_and_runs_nothing_that_a_report_says() throws Exception {
        String html = ReportRenderer.html(hostile());
        assertThat(html).doesNotContain("<script").contains("&lt;script&gt;");
        assertThat(html).doesNotContain("http://").doesNotContain("https://").doesNotContain("src=");
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(html)));
    }

    @Test
    void markdown_tables_keep_their_columns_whatever_a_report_says() {
        String markdown = ReportRenderer.markdown(hostile());
        assertThat(markdown.lines().filter(line -> line.startsWith("|"))).isNotEmpty()
                .allSatisfy(line -> assertThat(line).endsWith("|"));
        assertThat(markdown.lines().filter(line -> line.contains("rollback")).toList()).singleElement()
                .satisfies(line -> assertThat(line.split("(?<!\\\\)\\|")).hasSize(6));
        assertThat(markdown.replaceAll("`+[^`\n]+`+", "")).doesNotContain("<script");
    }

    @Test
    void an_output_with_backticks_stays_code() {
        assertThat(Markdown.code("a `b` c")).isEqualTo("``a `b` c``");
        assertThat(Markdown.code("`b``")).isEqualTo("``` `b`` ```");
        assertThat(Markdown.codeInTable("a | b")).isEqualTo("`a \\| b`");
    }

    @Test
    void names_with_underscores_stay_as_they_are_and_emphasis_does_not() {
        assertThat(Markdown.text("same_documents of *all* _files_ [x](y)"))
                .isEqualTo("same_documents of \\*all\\* \\_files\\_ \\[x\\](y)");
    }

    private static Report hostile() {
        ObjectNode tree = (ObjectNode) Json.read(text("rolled_back.json"),
                JsonNode.class);
        tree.put("description", HOSTILE).put("started_by", HOSTILE).put("target", HOSTILE);
        tree.withObject("/parameters").put("home", HOSTILE);
        tree.withObject("/failure").put("message", HOSTILE + "\nsecond line");
        tree.withObject("/messages/0").put("reason", HOSTILE + "\nsecond line").put("outcome", "");
        tree.withObject("/phases/0/steps/0/output").put("text", HOSTILE);
        tree.withObject("/phases/0/steps/0").withArray("evidence").add(HOSTILE);
        tree.withObject("/phases/2/steps/0/gate").put("expect", ".output | " + HOSTILE).put("reason", HOSTILE);
        return Json.bind(tree, Report.class);
    }

    private static String text(String name) {
        try (InputStream file = ReportRendererTest.class.getResourceAsStream(name)) {
            return file == null ? "" : new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(String name, String text) {
        try {
            Files.writeString(Path.of("src/test/resources/dev/godwit/report", name), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
