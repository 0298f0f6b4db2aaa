package dev.godwit.run;

/** Which Temporal task queue carries what. */
public final class TaskQueues {
    /** Workflows, and the activities that check plans and write reports. */
    public static final String GODWIT = "godwit";

    private TaskQueues() {}

    /** The steps of a site. */
    public static String steps(String site) {
        return GODWIT + "." + site;
    }

    /** The undos of a site: a queue of their own, so that they never wait behind a bulk copy. */
    public static String undo(String site) {
        return GODWIT + "." + site + ".undo";
    }

}
