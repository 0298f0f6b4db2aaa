package dev.godwit.activities.compose;

/**
 * A container of a project.
 *
 * @param id its id
 * @param name its name
 * @param service which service it is of
 * @param number which one of the service's
 * @param image the image by the name that the service gives it
 * @param imageId the image
 * @param hash of what the compose files said when it was made
 * @param state such as {@code running} or {@code exited}
 * @param health {@code healthy}, {@code unhealthy} or {@code starting}; empty without a health check
 * @param exitCode of its last end
 * @param restarts how often Docker has restarted it
 * @param started when it started last
 */
public record ComposeContainer(String id, String name, String service, int number, String image, String imageId,
        String hash, String state, String health, int exitCode, int restarts, String started) {

    /** Whether it runs. */
    public boolean running() {
        return state.equals("running");
    }

    /** Whether it does its work, as far as Docker can tell. */
    public boolean ready() {
        return running() && (health.isEmpty() || health.equals("healthy"));
    }

    /** Whether it has ended, or is being restarted because it has. */
    public boolean ended() {
        return state.equals("exited") || state.equals("dead") || state.equals("restarting");
    }
}
