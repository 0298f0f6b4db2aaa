package dev.godwit.activities.resource;

import dev.godwit.step.StepStopped;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/**
 * The content of an object. Where a connection is lost it goes on with another at the byte where it was, and only as long as
 * the object is the same: what ends too early is never taken for the whole.
 */
final class S3Download extends InputStream {
    private static final int MOST_LOST_IN_VAIN = 5;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

    private final S3Client client;
    private final S3Failures failures;
    private final String bucket;
    private final String key;
    private ResponseInputStream<GetObjectResponse> content;
    private final String same;
    private final long length;
    private long at;
    private int lostInVain;

    private S3Download(S3Client client, S3Failures failures, String bucket, String key,
            ResponseInputStream<GetObjectResponse> content) {
        this.client = client;
        this.failures = failures;
        this.bucket = bucket;
        this.key = key;
        this.content = content;
        this.same = content.response().eTag();
        this.length = content.response().contentLength();
    }

    /** @throws SdkException if there is no such object, or the bucket does not answer */
    static S3Download begin(S3Client client, S3Failures failures, String bucket, String key) {
        for (int lost = 0;; lost++) {
            ResponseInputStream<GetObjectResponse> content = client
                    .getObject(request -> request.bucket(bucket).key(key));
            // A connection that ends among the headers is an answer without the rest of them.
            if (content.response().contentLength() != null && content.response().eTag() != null) {
                return new S3Download(client, failures, bucket, key, content);
            }
            content.abort();
            if (lost == MOST_LOST_IN_VAIN) {
                throw S3Failures.lost(bucket, key, "the answer ends among its headers");
            }
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int count) throws IOException {
        while (at < length && count > 0) {
            Exception lost;
            try {
                int read = content.read(bytes, offset, count);
                if (read > 0) {
                    at += read;
                    lostInVain = 0;
                    return read;
                }
                lost = new EOFException("the connection ended after " + at + " of " + length + " bytes");
            } catch (IOException | SdkClientException e) {
                lost = e;
            }
            goOn(lost);
        }
        return count == 0 ? 0 : -1;
    }

    private void goOn(Exception lost) {
        content.abort();
        if (++lostInVain > MOST_LOST_IN_VAIN) {
            throw S3Failures.lost(bucket, key, lost.getMessage()).causedBy(lost);
        }
        try {
            Thread.sleep(FIRST_PAUSE.multipliedBy(1L << (lostInVain - 1)).toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StepStopped("interrupted");
        }
        try {
            content = client.getObject(
                    request -> request.bucket(bucket).key(key).ifMatch(same).range("bytes=" + at + "-"));
        } catch (SdkException failure) {
            throw failures.translate(key, failure);
        }
    }

    @Override
    public void close() throws IOException {
        if (at < length) {
            content.abort(); // Closing would read the rest of it first.
        } else {
            content.close();
        }
    }
}
