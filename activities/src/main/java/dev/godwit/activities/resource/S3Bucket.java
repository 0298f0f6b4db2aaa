package dev.godwit.activities.resource;

import dev.godwit.plan.Location;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;

/** A place in a bucket, by Amazon's library. */
final class S3Bucket implements WritableBucket, AutoCloseable {
    private static final int DELETED_AT_ONCE = 1000;
    private static final int PRECONDITION_FAILED = 412;
    private static final int CONFLICT = 409;
    private static final int NOT_FOUND = 404;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final S3Client client;
    private final Location location;
    private final String bucket;
    private final String prefix;
    private final S3Failures failures;

    private S3Bucket(S3Client client, Location location, String bucket, String prefix) {
        this.client = client;
        this.location = location;
        this.bucket = bucket;
        this.prefix = prefix;
        this.failures = new S3Failures(location, bucket);
    }

    /** Credentials that a plan names. */
    record Keys(String access, String secret, Optional<String> session) {}

    static S3Bucket connect(Location location, String bucket, String prefix, String region, Optional<URI> endpoint,
            boolean pathStyle, Optional<Keys> keys) {
        S3ClientBuilder builder = S3Client.builder()
                .httpClientBuilder(UrlConnectionHttpClient.builder().socketTimeout(PATIENCE))
                .region(Region.of(region))
                .forcePathStyle(pathStyle)
                // Whoever reads here compares hashes of its own.
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED);
        endpoint.ifPresent(builder::endpointOverride);
        keys.ifPresent(given -> builder.credentialsProvider(StaticCredentialsProvider.create(given.session().isPresent()
                ? AwsSessionCredentials.create(given.access(), given.secret(), given.session().get())
                : AwsBasicCredentials.create(given.access(), given.secret()))));
        return new S3Bucket(builder.build(), location, bucket, prefix);
    }

    @Override
    public Location location() {
        return location;
    }

    @Override
    public int keyLength(String key) {
        return (prefix + key).getBytes(StandardCharsets.UTF_8).length;
    }

    @Override
    public Optional<Stored> find(String key) throws IOException {
        try {
            HeadObjectResponse head = client.headObject(request -> request.bucket(bucket).key(prefix + key));
            if (head.contentLength() == null) {
                throw S3Failures.lost(bucket, key, "the answer ends among its headers");
            }
            return Optional.of(new Stored(head.contentLength(), head.metadata()));
        } catch (SdkException failure) {
            if (S3Failures.status(failure) == NOT_FOUND) {
                return Optional.empty();
            }
            throw failures.translate(key, failure);
        }
    }

    @Override
    public InputStream open(String key) throws IOException {
        try {
            return S3Download.begin(client, failures, bucket, prefix + key);
        } catch (SdkException failure) {
            if (S3Failures.isMissingKey(failure)) {
                throw new NoSuchFileException(key);
            }
            throw failures.translate(key, failure);
        }
    }

    @Override
    public List<String> directories() throws IOException {
        try {
            List<String> names = new ArrayList<>();
            ListObjectsV2Request request = ListObjectsV2Request.builder()
                    .bucket(bucket)
                    .prefix(prefix)
                    .delimiter("/")
                    .build();
            for (CommonPrefix found : client.listObjectsV2Paginator(request).commonPrefixes()) {
                names.add(found.prefix().substring(prefix.length(), found.prefix().length() - 1));
            }
            return names;
        } catch (SdkException failure) {
            throw failures.translate(prefix, failure);
        }
    }

    @Override
    public void first(String below, Consumer<String> keys) throws IOException {
        try {
            client.listObjectsV2(request -> request.bucket(bucket).prefix(prefix + below).maxKeys(DELETED_AT_ONCE))
                    .contents()
                    .forEach(found -> keys.accept(found.key().substring(prefix.length())));
        } catch (SdkException failure) {
            throw failures.translate(prefix + below, failure);
        }
    }

    @Override
    public boolean putNew(String key, Map<String, String> metadata, byte[] content, int length) throws IOException {
        try {
            client.putObject(
                    request -> request.bucket(bucket).key(prefix + key).metadata(metadata).ifNoneMatch("*"),
                    body(content, length));
            return true;
        } catch (SdkException failure) {
            if (S3Failures.status(failure) == PRECONDITION_FAILED) {
                return false;
            }
            throw failures.translate(key, failure);
        }
    }

    @Override
    public Upload upload(String key, Map<String, String> metadata) throws IOException {
        try {
            String id = client.createMultipartUpload(
                    request -> request.bucket(bucket).key(prefix + key).metadata(metadata)).uploadId();
            return new S3Upload(client, failures, bucket, prefix + key, id);
        } catch (SdkException failure) {
            throw failures.translate(key, failure);
        }
    }

    @Override
    public void delete(List<String> keys) throws IOException {
        for (int at = 0; at < keys.size(); at += DELETED_AT_ONCE) {
            List<ObjectIdentifier> part = keys.subList(at, Math.min(keys.size(), at + DELETED_AT_ONCE))
                    .stream()
                    .map(key -> ObjectIdentifier.builder().key(prefix + key).build())
                    .toList();
            try {
                var deleted = client.deleteObjects(
                        request -> request.bucket(bucket).delete(objects -> objects.objects(part).quiet(true)));
                if (deleted.hasErrors() && !deleted.errors().isEmpty()) {
                    throw new IOException("cannot delete " + deleted.errors().getFirst().key() + " from " + location
                            + ": " + deleted.errors().getFirst().message());
                }
            } catch (SdkException failure) {
                throw failures.translate(keys.get(at), failure);
            }
        }
    }

    @Override
    public void abortUploads(String below) throws IOException {
        try {
            var uploads = client.listMultipartUploads(request -> request.bucket(bucket).prefix(prefix + below));
            for (MultipartUpload upload : uploads.uploads()) {
                client.abortMultipartUpload(
                        request -> request.bucket(bucket).key(upload.key()).uploadId(upload.uploadId()));
            }
        } catch (SdkException failure) {
            throw failures.translate(prefix + below, failure);
        }
    }

    static boolean isTaken(SdkException failure) {
        int status = S3Failures.status(failure);
        return status == PRECONDITION_FAILED || status == CONFLICT;
    }

    static RequestBody body(byte[] content, int length) {
        return RequestBody.fromContentProvider(() -> new ByteArrayInputStream(content, 0, length), length,
                "application/octet-stream");
    }

    @Override
    public void close() {
        client.close();
    }
}
