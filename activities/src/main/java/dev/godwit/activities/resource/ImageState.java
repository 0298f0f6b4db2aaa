package dev.godwit.activities.resource;

import java.util.List;
import java.util.Map;

/**
 * An image as its engine knows it.
 *
 * @param id its whole id
 * @param names the names and tags that lead to it
 * @param bytes its size
 * @param labels what it is labelled with
 * @param checksHealth whether it says how the health of its containers is checked
 */
public record ImageState(String id, List<String> names, long bytes, Map<String, String> labels, boolean checksHealth) {}
