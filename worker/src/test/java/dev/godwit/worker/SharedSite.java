package dev.godwit.worker;

import dev.godwit.activities.host.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Gives tests one site with one worker for all classes; it is closed when the last test has ended. */
final class SharedSite implements ParameterResolver {
    private static final ExtensionContext.Namespace OURS = ExtensionContext.Namespace.create(SharedSite.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Site.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot().getStore(OURS).getOrComputeIfAbsent("site", key -> new Shared(), Shared.class).site;
    }

    private static final class Shared implements AutoCloseable {
        private final Path directory;
        private final Site site;

        Shared() {
            try {
                directory = Files.createTempDirectory("godwit-site-").toRealPath();
                site = new Site(directory);
                site.startWorker();
            } catch (Exception e) {
                throw new IllegalStateException("no site for the tests", e);
            }
        }

        @Override
        public void close() throws IOException {
            site.close();
            DurableFiles.deleteTree(directory);
        }
    }
}
