// Captures events with the core of the official Android SDK: its disk queue, its gzip, its batches.
// Usage: java Capture EVENT COUNT TOKEN URL
import com.posthog.PostHog;
import com.posthog.PostHogConfig;
import com.posthog.PostHogInterface;
import java.io.File;
import java.lang.reflect.Constructor;
import java.nio.file.Files;
import java.util.Map;

public final class Capture {
  public static void main(String[] arguments) throws Exception {
    String event = arguments[0];
    int count = Integer.parseInt(arguments[1]);
    File storage = Files.createTempDirectory("posthog-android").toFile();
    PostHogConfig config = config(arguments[2], arguments[3]);
    config.setStoragePrefix(storage.getAbsolutePath());
    config.setFlushAt(20);
    config.setFlushIntervalSeconds(1);
    config.setPreloadFeatureFlags(true);
    PostHogInterface phone = PostHog.Companion.with(config);
    for (int index = 0; index < count; index++) {
      phone.capture(event, "android-phone", Map.of("index", index), null, null, null);
    }
    waitUntilEmpty(phone, storage);
    phone.close();
    System.exit(0);
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

  /** The SDK keeps a file an event until the server has answered 2xx. */
  private static void waitUntilEmpty(PostHogInterface phone, File storage) throws Exception {
    long deadline = System.currentTimeMillis() + 40_000;
    phone.flush();
    Thread.sleep(1000);
    while (countFiles(storage) > 0) {
      if (System.currentTimeMillis() > deadline) {
        throw new IllegalStateException(countFiles(storage) + " events were not accepted in time");
      }
      phone.flush();
      Thread.sleep(200);
    }
  }

  private static long countFiles(File folder) {
    File[] entries = folder.listFiles();
    long count = 0;
    for (File entry : entries == null ? new File[0] : entries) {
      count += entry.isDirectory() ? countFiles(entry) : entry.getName().endsWith(".event") ? 1 : 0;
    }
    return count;
  }
}
