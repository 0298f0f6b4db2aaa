package dev.godwit.activities.resource;

import dev.godwit.plan.Location;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepStopped;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.NoSuchBucketException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Turns what a bucket answers into what a run understands. */
final class S3Failures {
    private static final int BAD_REQUEST = 400;
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final int NOT_IMPLEMENTED = 501;

    private final Location location;
    private final String bucket;

    S3Failures(Location location, String bucket) {
        this.location = location;
        this.bucket = bucket;
    }

    static int status(SdkException failure) {
        return failure instanceof S3Exception answer ? answer.statusCode() : 0;
    }

    static boolean isMissingKey(SdkException failure) {
        return status(failure) == NOT_FOUND && !(failure instanceof NoSuchBucketException);
    }

    static StepFailure lost(String bucket, String key, String why) {
        return StepFailure.external("bucket-failed", "the connection to the bucket " + bucket + " is lost again and"
                + " again while " + key + " is read (" + why + "); retry when it answers");
    }

    RuntimeException translate(String key, SdkException failure) {
        if (failure instanceof AbortedException) {
            return new StepStopped("interrupted");
        }
        String subject = location + " (bucket " + bucket + ")";
        String said = failure instanceof S3Exception answer && answer.awsErrorDetails() != null
                ? answer.awsErrorDetails().errorCode() + ": " + answer.awsErrorDetails().errorMessage()
                : String.valueOf(failure.getMessage());
        return switch (status(failure)) {
            case NOT_FOUND -> StepFailure.user("bucket-missing",
                    subject + " does not exist; create it, or correct its name or region").causedBy(failure);
            case UNAUTHORIZED, FORBIDDEN -> StepFailure.user("bucket-denied", subject + " refuses " + key + " (" + said
                    + "); give these credentials the right to list, read, write and delete there").causedBy(failure);
            case NOT_IMPLEMENTED -> StepFailure.user("bucket-unsuitable", subject + " cannot do what backups rest on ("
                    + said + "); use a server that knows conditional writes and uploads in parts").causedBy(failure);
            case BAD_REQUEST -> StepFailure.user("bucket-refused", subject + " refuses " + key + ": " + said)
                    .causedBy(failure);
            default -> said.contains("Unable to load credentials")
                    ? StepFailure.user("credentials-missing", "there are no credentials for " + subject
                            + "; say access-key and secret-key, or give the worker some").causedBy(failure)
                    : StepFailure.external("bucket-failed", subject + ", " + key + ": " + said + "; retry when it"
                            + " answers").causedBy(failure);
        };
    }
}
