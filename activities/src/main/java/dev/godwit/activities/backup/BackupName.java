package dev.godwit.activities.backup;

import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepIdentity;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names of backups. */
public final class BackupName {
    /**
     * In the order of their making, for backups of one step in one run: the tenth round comes after the ninth. Other names are
     * in the order of their characters.
     */
    public static final Comparator<String> OLDEST_FIRST = Comparator.comparing(BackupName::withoutRound)
            .thenComparing(BackupName::round)
            .thenComparing(Comparator.naturalOrder());
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'")
            .withZone(ZoneOffset.UTC);
    private static final Pattern ROUND = Pattern.compile("\\.(\\d{1,9})$");

    private BackupName() {}

    /** Derived from the run, so that every attempt means the same backup. */
    public static String of(PreviewContext context) {
        StepIdentity identity = context.identity();
        return identity.plan() + "-" + TIME.format(context.runStarted()) + "-"
                + identity.shortRunId() + "-" + identity.step()
                + (identity.round() == 1 ? "" : "." + identity.round());
    }

    private static String withoutRound(String name) {
        return ROUND.matcher(name).replaceFirst("");
    }

    private static int round(String name) {
        Matcher round = ROUND.matcher(name);
        return round.find() ? Integer.parseInt(round.group(1)) : 1;
    }
}
