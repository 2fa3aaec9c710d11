import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import okhttp3.sse.EventSource;
import okhttp3.sse.EventSourceListener;
import okhttp3.sse.EventSources;

/** Follows the feed with OkHttp or the JDK's client: Follow LIBRARY URL. */
public class Follow {
  static final Pattern ITEM = Pattern.compile("\"item\":\\{\"id\":\"([^\"]+)\"");
  static final Pattern CURSOR = Pattern.compile("\"cursor\":\"([^\"]+)\"");
  static volatile String after = "";

  static void take(String message) {
    Matcher item = ITEM.matcher(message);
    if (message.startsWith("{\"type\":\"item\"") && item.find()) {
      System.out.println(item.group(1));
    }
    Matcher cursor = CURSOR.matcher(message);
    boolean early = message.startsWith("{\"type\":\"welcome\"") && !message.contains("\"mode\":\"live\"");
    if (!early && cursor.find()) {
      after = cursor.group(1);
    }
  }

  static OkHttpClient client() {
    return new OkHttpClient.Builder()
        .connectTimeout(2, TimeUnit.SECONDS)
        .readTimeout(0, TimeUnit.SECONDS)
        .build();
  }

  static void okhttp(String base) {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    String address = base + "/v1/ws?backlog=0&after=" + after;
    client().newWebSocket(new Request.Builder().url(address).build(), new WebSocketListener() {
      @Override
      public void onMessage(WebSocket socket, String text) {
        take(text);
      }

      @Override
      public void onClosing(WebSocket socket, int code, String reason) {
        socket.close(1000, null);
        ended.complete(null);
      }

      @Override
      public void onFailure(WebSocket socket, Throwable error, Response response) {
        ended.complete(null);
      }
    });
    ended.join();
  }

  static void okhttpSse(String base) {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    Request request = new Request.Builder()
        .url(base + "/v1/events?backlog=0").header("Last-Event-ID", after).build();
    EventSources.createFactory(client()).newEventSource(request, new EventSourceListener() {
      @Override
      public void onEvent(EventSource source, String id, String type, String data) {
        take(data);
      }

      @Override
      public void onClosed(EventSource source) {
        ended.complete(null);
      }

      @Override
      public void onFailure(EventSource source, Throwable error, Response response) {
        ended.complete(null);
      }
    });
    ended.join();
  }

  static final HttpClient JDK = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

  static void jdk(String base) {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    String address = base.replaceFirst("http", "ws") + "/v1/ws?backlog=0&after=" + after;
    StringBuilder text = new StringBuilder();
    JDK.newWebSocketBuilder().connectTimeout(Duration.ofSeconds(2))
        .buildAsync(URI.create(address), new java.net.http.WebSocket.Listener() {
          @Override
          public CompletionStage<?> onText(java.net.http.WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
              take(text.toString());
              text.setLength(0);
            }
            socket.request(1);
            return null;
          }

          @Override
          public CompletionStage<?> onClose(java.net.http.WebSocket socket, int code, String reason) {
            ended.complete(null);
            return null;
          }

          @Override
          public void onError(java.net.http.WebSocket socket, Throwable error) {
            ended.complete(null);
          }
        }).whenComplete((socket, error) -> {
          if (error != null) {
            ended.complete(null);
          }
        });
    ended.join();
  }

  static void jdkSse(String base) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(base + "/v1/events?backlog=0"))
        .header("Last-Event-ID", after).build();
    try {
      JDK.send(request, HttpResponse.BodyHandlers.ofLines()).body()
          .filter(line -> line.startsWith("data: "))
          .forEach(line -> take(line.substring(6)));
    } catch (java.io.IOException | java.io.UncheckedIOException error) {
      // cut: connect again
    }
  }

  public static void main(String[] arguments) throws Exception {
    while (true) {
      switch (arguments[0]) {
        case "okhttp" -> okhttp(arguments[1]);
        case "okhttp-sse" -> okhttpSse(arguments[1]);
        case "jdk" -> jdk(arguments[1]);
        default -> jdkSse(arguments[1]);
      }
      Thread.sleep(200);
    }
  }
}
