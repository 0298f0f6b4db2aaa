package dev.godwit.workflow;

import dev.godwit.run.Message;
import dev.godwit.run.Report;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What people told a run. The report must be small enough to travel, whatever they send. */
final class MessageLog {
    private static final int KEPT = 200;
    private static final int LONGEST_TEXT = 300;

    private final List<Report.MessageReport> messages = new ArrayList<>();

    /** Where there are too many, one that was ignored makes room. */
    void add(Instant at, String verb, Message message, String outcome) {
        if (messages.size() == KEPT) {
            messages.remove(messages.stream().filter(MessageLog::ignored).findFirst().orElseGet(messages::getFirst));
        }
        messages.add(new Report.MessageReport(at, shortened(verb), shortened(message.by()),
                shortened(message.reason()), shortened(outcome)));
    }

    List<Report.MessageReport> all() {
        return List.copyOf(messages);
    }

    private static boolean ignored(Report.MessageReport message) {
        return message.outcome().startsWith("ignored");
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT) + "...";
    }
}
