// Stands between the SDK and the network, behind the SDK's own gzip: notes every exchange, and lets single flushes of
// the queues meet trouble.
import com.posthog.PostHogConfig;
import com.posthog.internal.GzipRequestInterceptor;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.Interceptor;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.Buffer;
import okio.BufferedSink;
import okio.GzipSource;
import okio.Okio;

final class Wire extends EventListener implements Interceptor {
  /** What becomes of one flush. */
  interface Flush {
    Response take(Interceptor.Chain chain, Request request) throws IOException;
  }

  private final Map<String, Integer> counts = new TreeMap<>();
  private final List<String> recordings = new ArrayList<>();
  private final Deque<Flush> flushes = new ArrayDeque<>();
  private Supervisor supervisor;
  private int restarted;

  /** The SDK's client, with this behind its gzip. */
  OkHttpClient client(PostHogConfig config) {
    return new OkHttpClient.Builder().addInterceptor(new GzipRequestInterceptor(config)).addInterceptor(this)
        .eventListener(this).build();
  }

  /** The next flush that has no fate yet meets this one. */
  synchronized void addFlush(Flush flush) {
    flushes.add(flush);
  }

  synchronized void restartInEachFlush(Supervisor chosen) {
    supervisor = chosen;
  }

  synchronized void count(String what, int times) {
    counts.merge(what, times, Integer::sum);
  }

  synchronized Map<String, Object> report() {
    return Map.of("counts", counts, "recordings", recordings);
  }

  @Override
  public Response intercept(Interceptor.Chain chain) throws IOException {
    Request request = chain.request();
    String path = request.url().encodedPath();
    boolean isFlush = path.equals("/batch") || path.equals("/s/");
    if (isFlush && !"gzip".equals(request.header("Content-Encoding"))) {
      count("flushes without gzip", 1);
    }
    Flush flush = isFlush ? nextFlush() : Interceptor.Chain::proceed;
    Response response = flush.take(chain, request);
    count(request.method() + " " + path + " " + response.code(), 1);
    if (path.equals("/s/") && response.isSuccessful()) {
      keepRecording(request);
    }
    return response;
  }

  private synchronized Flush nextFlush() {
    if (supervisor != null) {
      return restart(restarted++ % 4);
    }
    return flushes.isEmpty() ? Interceptor.Chain::proceed : flushes.remove();
  }

  private synchronized void keepRecording(Request request) throws IOException {
    Buffer compressed = new Buffer();
    request.body().writeTo(compressed);
    recordings.add(Okio.buffer(new GzipSource(compressed)).readString(StandardCharsets.UTF_8));
  }

  // --- fates -------------------------------------------------------------------------------------------------------

  /** As the dataplane refuses what it cannot make durable. */
  static Response refuse(Interceptor.Chain chain, Request request) {
    return new Response.Builder().request(request).protocol(Protocol.HTTP_1_1).code(503).message("Service Unavailable")
        .header("Retry-After", "1")
        .body(ResponseBody.create("transient error, please retry", MediaType.get("text/plain"))).build();
  }

  /** The server has taken the flush; the phone never learns of it. */
  static Response loseAnswer(Interceptor.Chain chain, Request request) throws IOException {
    chain.proceed(request).close();
    throw new SocketTimeoutException("timeout");
  }

  /** Restarts the dataplane in front of a flush, meanwhile, in the middle of its body, behind its body. */
  private Flush restart(int place) {
    switch (place) {
      case 0:
        return (chain, request) -> {
          supervisor.restart();
          supervisor.await();
          return chain.proceed(request);
        };
      case 1:
        return (chain, request) -> {
          supervisor.restart();
          return chain.proceed(request);
        };
      case 2:
        return (chain, request) -> chain.proceed(with(request, new Broken(request.body(), 2)));
      default:
        return (chain, request) -> chain.proceed(with(request, new Broken(request.body(), 1)));
    }
  }

  private static Request with(Request request, RequestBody body) {
    return request.newBuilder().method(request.method(), body).build();
  }

  /** A body whose first 1/`parts` is sent, then the dataplane is restarted, then the rest follows. */
  private final class Broken extends RequestBody {
    private final RequestBody whole;
    private final int parts;

    Broken(RequestBody whole, int parts) {
      this.whole = whole;
      this.parts = parts;
    }

    @Override
    public MediaType contentType() {
      return whole.contentType();
    }

    @Override
    public long contentLength() throws IOException {
      return whole.contentLength();
    }

    @Override
    public boolean isOneShot() {
      return true; // the client must not send it again by itself
    }

    @Override
    public void writeTo(BufferedSink sink) throws IOException {
      Buffer bytes = new Buffer();
      whole.writeTo(bytes);
      sink.write(bytes, bytes.size() / parts);
      sink.flush();
      supervisor.restart();
      if (bytes.size() > 0) {
        supervisor.await(); // the rest is for the next process
      }
      sink.writeAll(bytes);
    }
  }

  // --- what the client does not tell its caller ----------------------------------------------------------------------

  @Override
  public void connectFailed(Call call, java.net.InetSocketAddress address, java.net.Proxy proxy, Protocol protocol,
      IOException error) {
    count("broken connections", 1);
  }

  @Override
  public void requestFailed(Call call, IOException error) {
    count("broken connections", 1);
  }

  @Override
  public void responseFailed(Call call, IOException error) {
    count("broken connections", 1);
  }
}
