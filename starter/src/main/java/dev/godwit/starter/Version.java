package dev.godwit.starter;

import picocli.CommandLine.IVersionProvider;

/** Godwit's version, as the build wrote it into the jar. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        String version = Godwit.class.getPackage().getImplementationVersion();
        return new String[]{"godwit " + (version == null ? "(not built as a jar)" : version)};
    }
}
