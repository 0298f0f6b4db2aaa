package dev.godwit.cli;

/** For whom a command writes its result: people, or programs, as one JSON document on standard output. */
public enum Output {
    TEXT, JSON
}
