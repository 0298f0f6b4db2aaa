package dev.godwit.run;

/**
 * Why something failed, for programs and for people.
 *
 * @param type kind and code, such as {@code user/file-unreadable}
 * @param message what failed, on which object, and what to do
 */
public record Failure(String type, String message) {}
