package dev.godwit.activities.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class EveryStepTypeTest {
    @Test
    void every_step_type_keeps_the_contract() {
        List<String> untested = DiscoveredCatalog.load()
                .classes()
                .entrySet()
                .stream()
                .filter(entry -> !isTested(entry.getValue()))
                .map(entry -> entry.getKey() + ": " + entry.getValue().getName() + "Test must extend StepContract")
                .toList();

        assertThat(untested).isEmpty();
    }

    private static boolean isTested(Class<?> stepType) {
        try {
            Class<?> test = Class.forName(stepType.getName() + "Test");
            return isContract(test) || Arrays.stream(test.getDeclaredClasses()).anyMatch(EveryStepTypeTest::isContract);
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    private static boolean isContract(Class<?> type) {
        return StepContract.class.isAssignableFrom(type);
    }
}
