package dev.godwit.activities.documents;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;

/** What a document must be. */
public enum Shape {
    OBJECT, ARRAY, ANY;

    boolean fits(JsonNode document) {
        return switch (this) {
            case OBJECT -> document.isObject();
            case ARRAY -> document.isArray();
            case ANY -> true;
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
