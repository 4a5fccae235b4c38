import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.util.List;

/** Serves on 127.0.0.1 at the port that is its argument, until it is ended. */
public class MongoTestServer {
    /** The wire version of MongoDB 5.0: current drivers refuse the newest one that the library knows by itself. */
    private static final MongoVersion SPOKEN = new MongoVersion() {
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        public int getWireVersion() {
            return 13;
        }
    };

    public static void main(String[] args) throws InterruptedException {
        new MongoServer(new MemoryBackend().version(SPOKEN)).bind("127.0.0.1", Integer.parseInt(args[0]));
        Thread.currentThread().join();
    }
}
