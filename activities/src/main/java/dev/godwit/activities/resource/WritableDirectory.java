package dev.godwit.activities.resource;

/** A place in a directory resource where a run may write. */
public interface WritableDirectory extends ReadableDirectory {}
