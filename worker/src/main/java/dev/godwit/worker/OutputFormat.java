package dev.godwit.worker;

/** How a command answers: for people, or as one JSON document on standard output. */
enum OutputFormat { TEXT, JSON }
