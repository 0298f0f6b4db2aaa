package dev.godwit.run;

import dev.godwit.json.Json;
import io.temporal.common.converter.DataConverter;
import io.temporal.common.converter.DefaultDataConverter;
import io.temporal.common.converter.JacksonJsonPayloadConverter;

/** How inputs, answers and messages become Temporal payloads: Temporal's defaults, with Godwit's {@link Json}. */
public final class Payloads {
    private static final DataConverter CONVERTER = DefaultDataConverter.newDefaultInstance()
            .withPayloadConverterOverrides(new JacksonJsonPayloadConverter(Json.mapper()));

    private Payloads() {}

    /** The one converter; everything that talks to Temporal for Godwit must use it. */
    public static DataConverter converter() {
        return CONVERTER;
    }
}
