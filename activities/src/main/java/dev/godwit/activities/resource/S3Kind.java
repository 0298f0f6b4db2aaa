package dev.godwit.activities.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.ResourceAccess;
import dev.godwit.step.ResourceKind;
import dev.godwit.step.SpecReader;
import java.net.URI;
import java.util.Optional;

/**
 * A bucket of Amazon S3, or of a server that speaks its protocol and knows conditional writes. The path of a location is a
 * prefix of keys: {@code bucket:nightly}.
 *
 * <pre>{@code
 * bucket:
 *   kind: s3
 *   bucket: plates-backups
 *   region: eu-central-1
 *   access-key: {secret: BACKUPS_ACCESS_KEY}
 *   secret-key: {secret: BACKUPS_SECRET_KEY}
 * }</pre>
 *
 * <p>Without keys the worker's own credentials are taken, as the AWS command line would: environment, profile, container
 * or machine.
 */
@AutoService(ResourceKind.class)
public final class S3Kind implements ResourceKind<ReadableBucket, WritableBucket> {
    /**
     * @param bucket its name
     * @param prefix of all keys
     * @param region where the bucket is
     * @param endpoint the address of another server than Amazon's, such as {@code http://127.0.0.1:9000}
     * @param pathStyle whether the bucket is part of the path and not of the host's name, as most other servers want it
     * @param accessKey as {@code {secret: NAME}}
     * @param secretKey as {@code {secret: NAME}}
     * @param sessionToken as {@code {secret: NAME}}, for keys that expire
     */
    public record Definition(String bucket, @Default("") String prefix, @Default("us-east-1") String region,
            Optional<String> endpoint, @Default("false") boolean pathStyle, Optional<Secret> accessKey,
            Optional<Secret> secretKey, Optional<Secret> sessionToken) {
        public Definition {
            if (accessKey.isPresent() != secretKey.isPresent() || sessionToken.isPresent() && accessKey.isEmpty()) {
                throw new IllegalArgumentException("an s3 resource has either both 'access-key' and 'secret-key', or"
                        + " neither, to take the worker's own credentials; 'session-token' goes with both");
            }
            endpoint.ifPresent(address -> {
                if (!address.matches("https?://[^/@?#\\s]+/?")) {
                    throw new IllegalArgumentException("'" + address
                            + "' is not the address of a server; write one like http://127.0.0.1:9000");
                }
            });
            if (prefix.startsWith("/")) {
                throw new IllegalArgumentException("prefix must not begin with a slash, and is '" + prefix + "'");
            }
        }
    }

    /** @param secret the name of the secret */
    public record Secret(String secret) {}

    @Override
    public String name() {
        return "s3";
    }

    @Override
    public Class<? extends Record> definition() {
        return Definition.class;
    }

    @Override
    public ReadableBucket read(JsonNode definition, Location location, ResourceAccess access) {
        return connect(definition, location, access);
    }

    @Override
    public WritableBucket write(JsonNode definition, Location location, ResourceAccess access) {
        return connect(definition, location, access);
    }

    /** Whatever knows Amazon's library is in the classes named here, so that it is loaded only if a plan has a bucket. */
    private static WritableBucket connect(JsonNode json, Location location, ResourceAccess access) {
        Definition definition = SpecReader.bind(json, Definition.class);
        String prefix = below(definition.prefix()) + below(location.path());
        return S3Bucket.connect(location, definition.bucket(), prefix, definition.region(),
                definition.endpoint().map(URI::create), definition.pathStyle(),
                definition.accessKey()
                        .map(key -> new S3Bucket.Keys(access.secret(key.secret()).strip(),
                                access.secret(definition.secretKey().orElseThrow().secret()).strip(),
                                definition.sessionToken().map(token -> access.secret(token.secret()).strip()))));
    }

    private static String below(String path) {
        return path.isEmpty() || path.endsWith("/") ? path : path + "/";
    }
}
