import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;

/**
 * Serves on 127.0.0.1 at the port that is its first argument, until it is ended. A second one is a file with a key and
 * a certificate (PEM): then over TLS.
 */
public class MongoTestServer {
    private static final String KEY = "-----BEGIN PRIVATE KEY-----";

    /** The wire version of MongoDB 5.0: current drivers refuse the newest one that the library knows by itself. */
    private static final MongoVersion SPOKEN = new MongoVersion() {
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        public int getWireVersion() {
            return 13;
        }
    };

    public static void main(String[] args) throws Exception {
        MongoServer server = new MongoServer(new MemoryBackend().version(SPOKEN));
        if (args.length > 1) {
            String pem = Files.readString(Path.of(args[1]));
            server.enableSsl(key(pem), null, certificate(pem));
        }
        server.bind("127.0.0.1", Integer.parseInt(args[0]));
        Thread.currentThread().join();
    }

    private static PrivateKey key(String pem) throws GeneralSecurityException {
        String text = pem.substring(pem.indexOf(KEY) + KEY.length(), pem.indexOf("-----END PRIVATE KEY-----"));
        byte[] bytes = Base64.getMimeDecoder().decode(text);
        return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(bytes));
    }

    private static X509Certificate certificate(String pem) throws GeneralSecurityException {
        byte[] bytes = pem.substring(pem.indexOf("-----BEGIN CERTIFICATE-----")).getBytes(StandardCharsets.US_ASCII);
        return (X509Certificate)
            CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(bytes));
    }
}
