// A phone: the core of the official Android SDK with its disk queues, its gzip and its retries.
// Usage: java Phone SCENARIO EVENT COUNT STORAGE. The product is named by BRISTLE_CONNECTION.
//   capture    COUNT events, flushed twenty at a time; flags are asked for
//   fill       COUNT events into the queue on disk, then the process dies
//   drain      sends what an earlier process has left in STORAGE
//   refused    COUNT events; the first flush is refused with 503, the answer of the second is lost
//   guard      COUNT events with the properties of STORAGE/properties.json
//   record     COUNT messages of a session recording
//   restarts   COUNT rounds of five events and a large message of a recording; each flush meets a restart of the
//              dataplane
// Prints what happened as one line of JSON.
import com.google.gson.JsonParser;
import com.posthog.PostHog;
import com.posthog.PostHogConfig;
import com.posthog.PostHogInterface;
import com.posthog.internal.PostHogLogger;
import com.posthog.internal.replay.RREvent;
import com.posthog.internal.replay.RRFullSnapshotEvent;
import com.posthog.internal.replay.RRIncrementalMouseInteractionData;
import com.posthog.internal.replay.RRIncrementalMouseInteractionEvent;
import com.posthog.internal.replay.RRIncrementalSource;
import com.posthog.internal.replay.RRMetaEvent;
import com.posthog.internal.replay.RRMouseInteraction;
import com.posthog.internal.replay.RRWireframe;
import java.io.File;
import java.lang.reflect.Constructor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

public final class Phone {
  private static final int DEADLINE_SECONDS = 60;
  private static final int EVENTS_A_ROUND = 5;
  private static final int SCREEN_BYTES = 200_000;

  private final String event;
  private final int count;
  private final File storage;
  private final Wire wire = new Wire();
  private final ConcurrentLinkedQueue<String> complaints = new ConcurrentLinkedQueue<>();
  private final Random random = new Random(1);
  private final PostHogConfig config;
  private PostHogInterface phone;
  private final long started = System.currentTimeMillis();
  private int captured;
  private int recorded;

  private Phone(String event, int count, File storage) throws Exception {
    this.event = event;
    this.count = count;
    this.storage = storage;
    String connection = Files.readString(Path.of(System.getenv("BRISTLE_CONNECTION")));
    config = config(member(connection, "project_token"), member(connection, "url"));
    config.setStoragePrefix(new File(storage, "events").getPath());
    config.setReplayStoragePrefix(new File(storage, "replay").getPath());
    config.setFlushIntervalSeconds(3600); // only thresholds and flush(), so that every flush is one that was meant
    config.setLogger(new Complaints());
    config.setHttpClient(wire.client(config));
  }

  public static void main(String[] arguments) throws Exception {
    Phone phone = new Phone(arguments[1], Integer.parseInt(arguments[2]), new File(arguments[3]));
    phone.run(arguments[0]);
    System.exit(0);
  }

  private void run(String scenario) throws Exception {
    boolean isLoaded = false;
    config.setFlushAt(scenario.equals("fill") ? 1000 : scenario.equals("restarts") ? EVENTS_A_ROUND : 20);
    phone = PostHog.Companion.with(config);
    switch (scenario) {
      case "capture":
        captureEvents(count);
        isLoaded = loadFlags();
        break;
      case "guard":
        Map<String, Object> properties = new TreeMap<>(JsonParser.parseString(
            Files.readString(storage.toPath().resolve("properties.json"))).getAsJsonObject().asMap());
        for (int index = 0; index < count; index++) {
          phone.capture(event, "android-phone", properties, null, null, null, null);
        }
        break;
      case "fill":
        captureEvents(count);
        await(() -> left() == count, "the queue on disk");
        Runtime.getRuntime().halt(0);
        break;
      case "drain":
        break;
      case "refused":
        wire.addFlush(Wire::refuse);
        wire.addFlush(Wire::loseAnswer);
        captureEvents(count);
        break;
      case "record":
        for (int index = 0; index < count; index++) {
          record(40);
        }
        break;
      case "restarts":
        restarts();
        break;
      default:
        throw new IllegalArgumentException(scenario);
    }
    drain();
    report(isLoaded);
    phone.close();
  }

  private void restarts() throws Exception {
    Supervisor supervisor = new Supervisor(Path.of(System.getenv("BRISTLE_HOME"), "run", "dataplane.pid"));
    wire.restartInEachFlush(supervisor);
    for (int round = 0; round < count; round++) {
      captureEvents(EVENTS_A_ROUND);
      record(SCREEN_BYTES);
      drain();
    }
    supervisor.await();
    wire.count("restarts", supervisor.restarts());
  }

  private void captureEvents(int events) {
    for (int index = 0; index < events; index++) {
      Map<String, Object> properties = Map.of("index", captured++, "text", "snow ☃ <b>&'\"");
      phone.capture(event, "android-phone", properties, null, null, null, null);
    }
  }

  /** What the SDK's replay integration hands to the core: a screen as a picture, and a touch. */
  private void record(int pictureBytes) {
    byte[] picture = new byte[pictureBytes];
    random.nextBytes(picture);
    long now = started + recorded++; // equal items of equal times are one for a player
    RRWireframe screen = new RRWireframe(1, 0, 0, 393, 852, null, "screenshot", null, null, null, null,
        Base64.getEncoder().encodeToString(picture), null, null, null, null, null, null);
    RRIncrementalMouseInteractionData touch = new RRIncrementalMouseInteractionData(1, RRMouseInteraction.TouchStart,
        10, 20, RRIncrementalSource.MouseInteraction, 2, null);
    List<RREvent> items = List.of(
        new RRMetaEvent(393, 852, now, "Produkte ☃"),
        new RRFullSnapshotEvent(List.of(screen), 0, 0, now),
        new RRIncrementalMouseInteractionEvent(touch, now));
    Map<String, Object> properties = Map.of("$snapshot_data", items, "$snapshot_source", "mobile");
    phone.capture("$snapshot", "android-phone", properties, null, null, null, null);
  }

  private boolean loadFlags() throws InterruptedException {
    CountDownLatch loaded = new CountDownLatch(1);
    phone.reloadFeatureFlags(loaded::countDown);
    return loaded.await(DEADLINE_SECONDS, TimeUnit.SECONDS) && !phone.isFeatureEnabled("nobody's flag", false, false);
  }

  /** Flushes until the server has taken all: the SDK keeps a file a record until it was answered 2xx. */
  private void drain() throws Exception {
    await(() -> {
      phone.flush();
      return left() == 0;
    }, "every record to be taken");
  }

  private interface Condition {
    boolean isMet() throws Exception;
  }

  private void await(Condition condition, String what) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    // The SDK writes and sends on threads of its own; a record it has not written yet shows after a moment.
    Thread.sleep(100);
    while (!condition.isMet()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("waited " + DEADLINE_SECONDS + " s for " + what + "; " + left() + " are left; "
            + complaints);
      }
      Thread.sleep(20);
    }
  }

  private long left() {
    return countRecords(storage);
  }

  private static long countRecords(File folder) {
    File[] entries = folder.listFiles();
    long count = 0;
    for (File entry : entries == null ? new File[0] : entries) {
      count += entry.isDirectory() ? countRecords(entry) : entry.getName().endsWith(".event") ? 1 : 0;
    }
    return count;
  }

  private void report(boolean isLoaded) {
    Map<String, Object> report = new TreeMap<>(wire.report());
    report.put("complaints", complaints.toArray());
    report.put("captured", captured);
    report.put("flags", isLoaded);
    report.put("session", String.valueOf(phone.getSessionId()));
    System.out.println(config.getSerializer().serializeObject(report));
  }

  /** Keeps what the SDK says of trouble: flushes that failed, records that it dropped. */
  private final class Complaints implements PostHogLogger {
    @Override
    public void log(String message) {
      String lower = message.toLowerCase(Locale.ROOT);
      if (lower.contains("fail") || lower.contains("drop")) {
        complaints.add(message);
      }
    }

    @Override
    public boolean isEnabled() {
      return true;
    }
  }

  /** The value of a text member of the product's connection.json, which escapes nothing in these. */
  private static String member(String json, String name) {
    String[] parts = json.split("\"" + name + "\"\\s*:\\s*\"", 2);
    return parts[1].substring(0, parts[1].indexOf('"'));
  }

  /** Kotlin's defaults for everything but key and host: the last two parameters are its bit mask and marker. */
  private static PostHogConfig config(String token, String url) throws Exception {
    for (Constructor<?> constructor : PostHogConfig.class.getConstructors()) {
      Class<?>[] types = constructor.getParameterTypes();
      if (!types[types.length - 1].getSimpleName().equals("DefaultConstructorMarker")) {
        continue;
      }
      Object[] values = new Object[types.length];
      for (int i = 2; i < types.length - 1; i++) {
        values[i] = types[i] == boolean.class ? (Object) false : types[i] == int.class ? (Object) 0 : null;
      }
      values[0] = token;
      values[1] = url;
      values[types.length - 2] = ((1 << (types.length - 2)) - 1) & ~3;
      return (PostHogConfig) constructor.newInstance(values);
    }
    throw new IllegalStateException("the SDK has no constructor with defaults");
  }
}
