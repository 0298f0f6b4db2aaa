package dev.godwit.activities.resource;

import dev.godwit.activities.resource.WritableBucket.Upload;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/** An object on its way to a bucket, in parts. */
final class S3Upload implements Upload {
    private final S3Client client;
    private final S3Failures failures;
    private final String bucket;
    private final String key;
    private final String id;
    private final List<CompletedPart> parts = new ArrayList<>();
    private boolean ended;

    S3Upload(S3Client client, S3Failures failures, String bucket, String key, String id) {
        this.client = client;
        this.failures = failures;
        this.bucket = bucket;
        this.key = key;
        this.id = id;
    }

    @Override
    public void part(byte[] content, int length) throws IOException {
        int number = parts.size() + 1;
        try {
            var uploaded = client.uploadPart(
                    request -> request.bucket(bucket).key(key).uploadId(id).partNumber(number),
                    S3Bucket.body(content, length));
            parts.add(CompletedPart.builder()
                    .partNumber(number)
                    .eTag(uploaded.eTag())
                    .checksumCRC32(uploaded.checksumCRC32())
                    .build());
        } catch (SdkException failure) {
            throw failures.translate(key, failure);
        }
    }

    @Override
    public boolean finishNew() throws IOException {
        try {
            client.completeMultipartUpload(request -> request.bucket(bucket)
                    .key(key)
                    .uploadId(id)
                    .ifNoneMatch("*")
                    .multipartUpload(all -> all.parts(parts)));
            ended = true;
            return true;
        } catch (SdkException failure) {
            if (S3Bucket.isTaken(failure)) {
                return false;
            }
            throw failures.translate(key, failure);
        }
    }

    @Override
    public void close() {
        if (!ended) {
            ended = true;
            try {
                client.abortMultipartUpload(request -> request.bucket(bucket).key(key).uploadId(id));
            } catch (SdkException failure) {
                // The failure that led here is the one to tell; the next attempt ends what is left.
                ended = true;
            }
        }
    }
}
