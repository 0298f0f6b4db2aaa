package dev.godwit.activities.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.godwit.plan.PlanSchema;
import dev.godwit.step.Catalog;
import dev.godwit.step.ResourceKind;
import dev.godwit.step.SpecReader;
import dev.godwit.step.SpecReader.SpecFault;
import dev.godwit.step.StepDescription;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class EverySpecTest {
    private final Catalog catalog = DiscoveredCatalog.load();

    @Test
    void every_default_of_every_step_type_and_kind_of_resource_can_be_read() {
        Stream<Class<? extends Record>> records = Stream.concat(
                catalog.stepTypes().stream().map(StepDescription::spec),
                catalog.resourceKinds().stream().map(ResourceKind::definition));

        assertThat(records).isNotEmpty()
                .allSatisfy(
                        record -> assertThat(SpecReader.check(JsonNodeFactory.instance.objectNode(), record))
                                .as("only what is left out is at fault, and no default")
                                .extracting(SpecFault::pointer)
                                .allSatisfy(pointer -> assertThat(pointer).isEmpty()));
    }

    @Test
    void the_schema_of_plans_knows_every_step_type() {
        assertThat(PlanSchema.of(catalog).at("/$defs/step/properties/uses/enum")).hasSameSizeAs(catalog.stepTypes());
    }
}
