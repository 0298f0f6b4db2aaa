package dev.godwit.plan;

import java.util.List;

/** A line of a guide's checklist, and the steps whose evidence answers it; without any it stays open for a person. */
public record ChecklistLine(String line, List<String> answeredBy) {}
