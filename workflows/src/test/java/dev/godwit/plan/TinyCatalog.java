package dev.godwit.plan;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Jq;
import dev.godwit.step.Catalog;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.ResourceAccess;
import dev.godwit.step.ResourceKind;
import dev.godwit.step.Starts;
import dev.godwit.step.StepDescription;
import dev.godwit.step.StepKind;
import dev.godwit.step.Stops;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A few step types and kinds of resource that do nothing, to check plans against. */
final class TinyCatalog implements Catalog {
    enum Verify { NONE, RESTORE, HASH_ONLY }

    record BackupSpec(@Of("directory") Location from, @Default("[\"**\"]") List<String> include,
            @Of("directory") Location to, @Default("restore") Verify verify) {}

    record Kinds(long json, long mp4) {}

    record BackupOutput(long files, long totalSize, Kinds byKind, Map<String, Long> byFolder, List<String> names,
            Optional<String> sha256) {}

    record CopySpec(@Of("directory") Location from, @Of( {"directory", "postgres"}) Location to, Jq mapping,
            @Default("500") int batch, @Default("{}") Map<String, JsonNode> set){}

    record CopyOutput(long documents) {}

    record Request(@Default("/") String path, @Default("200") int status) {}

    record HttpSpec(@Of("http") Location to, Optional<Request> request, @Default("30s") Duration within) {}

    record HttpOutput(long passed, long failed, JsonNode body) {}

    record StartSpec(@Starts @Of("process") Location process) {}

    record StopSpec(@Stops @Of("process") Location process) {}

    record SwitchSpec(@Of("http") Location to) {}

    record Nothing() {}

    record DirectoryDefinition(String path) {}

    record HttpDefinition(String url) {}

    record Identify(@Of("http") Optional<Location> listensOn) {}

    record ProcessDefinition(List<String> command, @Of("directory") Location directory, Optional<Identify> identify,
            @Default("{}") Map<String, String> environment) {}

    record PostgresDefinition(String url, String user, Optional<JsonNode> password) {}

    private record Kind(String name, Class<? extends Record> definition) implements ResourceKind<Object, Object> {
        @Override
        public Object read(JsonNode declaration, Location location, ResourceAccess access) {
            throw new UnsupportedOperationException("a plan is checked without opening anything");
        }

        @Override
        public Object write(JsonNode declaration, Location location, ResourceAccess access) {
            throw new UnsupportedOperationException("a plan is checked without opening anything");
        }
    }

    @Override
    public Collection<StepDescription> stepTypes() {
        return List.of(
                new StepDescription("backup.files", StepKind.BACKUP, false, BackupSpec.class, BackupOutput.class),
                new StepDescription("copy.documents", StepKind.FILES, true, CopySpec.class, CopyOutput.class),
                new StepDescription("check.http", StepKind.CHECK, false, HttpSpec.class, HttpOutput.class),
                new StepDescription("process.start", StepKind.DEPLOYMENT, true, StartSpec.class, Nothing.class),
                new StepDescription("process.stop", StepKind.DEPLOYMENT, true, StopSpec.class, Nothing.class),
                new StepDescription("proxy.switch", StepKind.TRAFFIC, true, SwitchSpec.class, Nothing.class));
    }

    @Override
    public Collection<ResourceKind<?, ?>> resourceKinds() {
        return List.of(new Kind("directory", DirectoryDefinition.class), new Kind("http", HttpDefinition.class),
                new Kind("process", ProcessDefinition.class), new Kind("postgres", PostgresDefinition.class));
    }
}
