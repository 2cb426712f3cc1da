// Restarts the dataplane as its supervisor does: appliance/local/hold keeps listener and connections (docs/adr/0013).
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

final class Supervisor {
  private static final int DEADLINE_SECONDS = 30;

  private final ProcessHandle holder;
  private long leaving; // the program that was told to go, 0 when none is
  private int restarts;

  Supervisor(Path pidFile) throws IOException {
    holder = ProcessHandle.of(Long.parseLong(Files.readString(pidFile).trim())).orElseThrow();
  }

  /** Starts a restart, after an earlier one is over. */
  synchronized void restart() throws IOException {
    await();
    leaving = program().orElseThrow();
    try {
      if (new ProcessBuilder("kill", "-HUP", Long.toString(holder.pid())).start().waitFor() != 0) {
        throw new IOException("the supervisor is gone");
      }
    } catch (InterruptedException interrupted) {
      throw new IOException(interrupted);
    }
  }

  /** Returns when the next program has been started. */
  synchronized void await() throws IOException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    while (leaving != 0) {
      OptionalLong running = program();
      if (running.isPresent() && running.getAsLong() != leaving) {
        leaving = 0;
        restarts++;
      } else if (System.nanoTime() > deadline) {
        throw new IOException("the dataplane was not restarted within " + DEADLINE_SECONDS + " s");
      } else {
        try {
          Thread.sleep(2);
        } catch (InterruptedException interrupted) {
          throw new IOException(interrupted);
        }
      }
    }
  }

  synchronized int restarts() {
    return restarts;
  }

  private OptionalLong program() {
    return holder.children().mapToLong(ProcessHandle::pid).findFirst();
  }
}
