package dev.godwit.activities.resource;

import dev.godwit.plan.Location;
import java.net.URI;
import java.util.Optional;

/** Opens buckets of the tests' S3 server without a step. */
public final class Buckets {
    private Buckets() {}

    /** A place in the bucket, open until it is closed. */
    public static final class Opened implements AutoCloseable {
        private final S3Bucket bucket;

        private Opened(S3Bucket bucket) {
            this.bucket = bucket;
        }

        public WritableBucket bucket() {
            return bucket;
        }

        @Override
        public void close() {
            bucket.close();
        }
    }

    /** Opens a place in the bucket. */
    public static Opened open(S3Server server, String prefix) {
        return open(server.endpoint(), prefix);
    }

    /** Opens a place in the bucket by another address, such as that of something that disturbs the connection. */
    public static Opened open(String endpoint, String prefix) {
        return new Opened(S3Bucket.connect(Location.parse("bucket"), S3Server.BUCKET, prefix + "/", "us-east-1",
                Optional.of(URI.create(endpoint)), true,
                Optional.of(new S3Bucket.Keys("key", "secret", Optional.empty()))));
    }
}
