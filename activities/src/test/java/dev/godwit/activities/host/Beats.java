package dev.godwit.activities.host;

import dev.godwit.run.Progress;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** An attempt that nobody stops, and that notes in the middle of what the step said that it lives. */
public final class Beats implements Attempt {
    private final Set<String> within = ConcurrentHashMap.newKeySet();

    /** The methods, such as {@code SqliteDump.contents}, that were not at their end when they said so. */
    public Set<String> within() {
        return within;
    }

    @Override
    public void heartbeat(Progress progress) {}

    @Override
    public Optional<String> stopRequested() {
        StackWalker.getInstance()
                .forEach(frame -> within.add(frame.getClassName().replaceFirst(".*[.$]", "") + "."
                        + frame.getMethodName()));
        return Optional.empty();
    }
}
