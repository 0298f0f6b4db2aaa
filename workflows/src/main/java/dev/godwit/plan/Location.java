package dev.godwit.plan;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Pattern;

/**
 * A place that a step works on: a resource of the plan, and a path within it ({@code v1_home:data/videos}). The path is
 * empty for the resource as a whole; what it means is up to the resource's kind (a file, a table, a key).
 */
public record Location(String resource, String path) {
    private static final Pattern RESOURCE = Pattern.compile("[a-z][a-z0-9_]*");

    public Location {
        if (!RESOURCE.matcher(resource).matches()) {
            throw new IllegalArgumentException("'" + resource
                    + "' is not the name of a resource; a location is written RESOURCE or RESOURCE:PATH");
        }
        if (path.startsWith("/") || path.startsWith("~")) {
            throw new IllegalArgumentException("'" + path
                    + "' is not a path within a resource; declare the place as a resource and name it here");
        }
        for (String part : path.split("/")) {
            if (part.equals("..")) {
                throw new IllegalArgumentException("'" + path + "' leaves its resource with '..'");
            }
        }
    }

    /**
     * Reads {@code RESOURCE} or {@code RESOURCE:PATH}.
     *
     * @throws IllegalArgumentException if the text is neither
     */
    @JsonCreator
    public static Location parse(String text) {
        int colon = text.indexOf(':');
        return colon < 0 ? new Location(text, "") : new Location(text.substring(0, colon), text.substring(colon + 1));
    }

    /** The location of something below this one. */
    public Location resolve(String below) {
        return new Location(resource, path.isEmpty() ? below : path + "/" + below);
    }

    /** Whether one of the two is the other, or lies within it. */
    public boolean overlaps(Location other) {
        return resource.equals(other.resource) && (within(path, other.path) || within(other.path, path));
    }

    private static boolean within(String inner, String outer) {
        return outer.isEmpty() || inner.equals(outer) || inner.startsWith(outer + "/");
    }

    @Override
    @JsonValue
    public String toString() {
        return path.isEmpty() ? resource : resource + ":" + path;
    }
}
