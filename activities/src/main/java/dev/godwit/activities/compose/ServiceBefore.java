package dev.godwit.activities.compose;

/**
 * A service as a step found it, for its undo.
 *
 * @param name its name
 * @param containers how many containers it had
 * @param running how many of them ran
 * @param image the image by the name that the service gives it
 * @param imageId the image that had this name for the service's containers
 */
public record ServiceBefore(String name, int containers, int running, String image, String imageId) {}
