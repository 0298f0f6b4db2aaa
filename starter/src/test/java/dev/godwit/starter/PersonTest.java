package dev.godwit.starter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class PersonTest {
    @Test
    void who_types_is_the_user_on_the_host_also_with_sudo() {
        assertThat(Person.at(Map.of("HOSTNAME", "ops-1"))).isEqualTo(System.getProperty("user.name") + "@ops-1");
        assertThat(Person.at(Map.of("HOSTNAME", "ops-1", "SUDO_USER", "ann"))).isEqualTo("ann@ops-1");
        assertThat(Person.at(Map.of())).matches(".+@.+");
    }
}
