package dev.godwit.activities.resource;

/**
 * A secret in a declaration: {@code {secret: NAME}}.
 *
 * @param secret the name of the secret
 */
public record SecretName(String secret) {}
