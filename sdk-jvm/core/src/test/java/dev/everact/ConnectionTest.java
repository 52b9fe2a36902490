// Actors of another process through a connection: the same calls, the same errors, and what happens
// when the other side goes away.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.everact.errors.ClosedException;
import dev.everact.errors.ConnectionLostException;
import dev.everact.errors.DeadlineExceededException;
import dev.everact.errors.EveractException;
import dev.everact.errors.HandlerFailedException;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.InvalidConfigurationException;
import dev.everact.errors.InvalidPayloadException;
import dev.everact.errors.UnauthenticatedException;
import dev.everact.errors.UnknownHandlerException;
import dev.everact.errors.UnknownKindException;
import dev.everact.errors.UnreachableException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ConnectionTest {
  @Exposed
  static class Counter extends Actor {
    int value;

    @Handler
    int add(int amount) {
      value += amount;
      return value;
    }

    @Handler(readOnly = true)
    int get() {
      return value;
    }

    @Handler
    void fail(String text) {
      value++;
      throw new IllegalArgumentException(text);
    }

    @Handler
    int stand(Context context) throws InterruptedException {
      value++;
      while (!context.isCancelled()) {
        Thread.sleep(1);
      }
      return value;
    }

    @Handler(idempotent = true)
    byte[] raw(byte[] message, Context context) {
      context.replyMetadata(context.metadata());
      return message;
    }
  }

  /** What the other process does not have. */
  static class Stranger extends Actor {
    @Handler
    int add(int amount) {
      return amount;
    }
  }

  @TempDir Path folder;

  private OtherProcess other() throws IOException {
    return OtherProcess.start(folder, "127.0.0.1:0", false);
  }

  private static Connection connect(OtherProcess other) {
    return Connection.open("http://" + other.address, Counter.class);
  }

  @Test
  void asksAndTellsReachActorsOfAnotherProcess() throws Exception {
    try (OtherProcess other = other();
        Connection connection = connect(other)) {
      Reference<Counter> a = connection.actor(Counter.class, "ä/ö");
      assertEquals(2, a.call(Counter::add, 2));
      assertEquals(5, a.ask(Counter::add, 3).join());
      assertEquals(5, connection.actor("counter", "ä/ö").call("get", Integer.class));
      a.tell(Counter::add, 1).join();
      assertEquals(6, a.call(Counter::get));
      List<CompletableFuture<Integer>> replies = new ArrayList<>();
      for (int i = 0; i < 2_000; i++) {
        replies.add(connection.actor(Counter.class, "k" + i % 50).ask(Counter::add, 1));
      }
      replies.forEach(CompletableFuture::join);
      for (int i = 0; i < 50; i++) {
        assertEquals(40, connection.actor(Counter.class, "k" + i).call(Counter::get));
      }
      assertEquals(7, a.withIdempotencyKey("x").call(Counter::add, 1));
      assertEquals(7, a.withIdempotencyKey("x").call(Counter::add, 1));
      assertEquals(8, a.withProducer("file", 1).call(Counter::add, 1));
      assertEquals(8, a.withProducer("file", 1).call(Counter::add, 1));
    }
  }

  @Test
  void metadataAndLargePayloadsGoBothWays() throws Exception {
    try (OtherProcess other = other();
        Connection connection = connect(other)) {
      AtomicReference<Metadata> got = new AtomicReference<>();
      Metadata sent = Metadata.of("trace", "ä").with("raw-bin", new byte[] {0, -1});
      Reference<Counter> a =
          connection.actor(Counter.class, "a").withMetadata(sent).withReplyMetadata(got::set);
      byte[] large = new byte[1_000_000];
      large[999_999] = 7;
      assertEquals(7, a.call(Counter::raw, large)[999_999]);
      assertEquals(sent, got.get());
    }
  }

  @Test
  void errorsAreThoseOfAnEngine() throws Exception {
    try (OtherProcess other = other();
        Connection connection = connect(other)) {
      Reference<Counter> a = connection.actor(Counter.class, "a");
      HandlerFailedException failed =
          assertThrows(HandlerFailedException.class, () -> a.call(Counter::fail, "no"));
      assertEquals("IllegalArgumentException: no", failed.getMessage());
      assertEquals(0, a.call(Counter::get));
      assertThrows(
          InvalidPayloadException.class, () -> a.call("add", Integer.class, "not a number"));
      assertThrows(UnknownHandlerException.class, () -> a.call("boil", Void.class));
      assertThrows(UnknownKindException.class, () -> connection.actor("teapot", "a"));
      Reference<Counter> hurried = a.withDeadline(Duration.ofMillis(50));
      assertThrows(DeadlineExceededException.class, () -> hurried.call(Counter::stand));
      CompletableFuture<Integer> cancelled =
          connection.actor(Counter.class, "b").ask(Counter::stand);
      assertTrue(cancelled.cancel(true));
      assertThrows(CancellationException.class, cancelled::join);
    }
  }

  @Test
  void aKindThatTheOtherSideHasNotIsUnknown() throws Exception {
    try (OtherProcess other = other()) {
      UnknownKindException unknown =
          assertThrows(
              UnknownKindException.class,
              () -> {
                try (Connection connection =
                    Connection.open("http://" + other.address, Stranger.class)) {
                  connection.actor(Stranger.class, "a").call(Stranger::add, 1);
                }
              });
      assertTrue(unknown.getMessage().contains("stranger"), unknown.getMessage());
    }
  }

  @Test
  void whereNobodyListensTheAddressIsNamed() throws IOException {
    String address;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      address = "http://127.0.0.1:" + socket.getLocalPort();
    }
    UnreachableException refused =
        assertThrows(UnreachableException.class, () -> Connection.open(address, Counter.class));
    assertTrue(refused.getMessage().contains(address), refused.getMessage());
    assertThrows(
        InvalidConfigurationException.class,
        () -> Connection.open("ftp://localhost:1", Counter.class));
    ConnectOptions wrong = ConnectOptions.to(address).set("colour", "red");
    assertTrue(
        assertThrows(
                InvalidConfigurationException.class, () -> Connection.open(wrong, Counter.class))
            .getMessage()
            .contains("colour"));
  }

  @Test
  void onlyTheTokenLetsIn() throws Exception {
    try (OtherProcess other = OtherProcess.start(folder, "127.0.0.1:0", true)) {
      String address = "http://" + other.address;
      assertThrows(UnauthenticatedException.class, () -> Connection.open(address, Counter.class));
      ConnectOptions wrong = ConnectOptions.to(address).token("guessed");
      assertThrows(UnauthenticatedException.class, () -> Connection.open(wrong, Counter.class));
      ConnectOptions right = ConnectOptions.to(address).token(OtherProcess.TOKEN);
      try (Connection connection = Connection.open(right, Counter.class)) {
        assertEquals(1, connection.actor(Counter.class, "a").call(Counter::add, 1));
      }
    }
  }

  @Test
  void aLostConnectionFailsWhatIsNotSafeAndComesBack() throws Exception {
    OtherProcess first = other();
    try (Connection connection = connect(first)) {
      Reference<Counter> a = connection.actor(Counter.class, "a");
      assertEquals(1, a.withIdempotencyKey("once").call(Counter::add, 1));
      CompletableFuture<Integer> open = connection.actor(Counter.class, "b").ask(Counter::stand);
      assertEquals(1, a.call(Counter::get));
      first.kill();
      CompletionException lost = assertThrows(CompletionException.class, open::join);
      assertInstanceOf(ConnectionLostException.class, lost.getCause());
      CompletableFuture<Integer> waiting = a.withIdempotencyKey("twice").ask(Counter::add, 1);
      try (OtherProcess second = OtherProcess.start(folder, first.address, false)) {
        assertNotNull(second);
        assertEquals(2, waiting.join());
        assertEquals(1, a.withIdempotencyKey("once").call(Counter::add, 1));
        assertEquals(2, a.call(Counter::get));
      }
    }
  }

  @Test
  void aClosedConnectionSaysSo() throws Exception {
    try (OtherProcess other = other()) {
      Connection connection = connect(other);
      Reference<Counter> a = connection.actor(Counter.class, "a");
      CompletableFuture<Integer> late = a.ask(Counter::add, 1);
      connection.close();
      connection.close(Duration.ofSeconds(1));
      assertEquals(1, late.join());
      assertThrows(ClosedException.class, () -> a.call(Counter::get));
    }
  }

  /** Tells, in its turn, an actor that its context does not reach. */
  @Exposed
  static class Gossip extends Actor {
    static Reference<Counter> elsewhere;

    @Handler
    void pass(Context context) {
      context.tell(elsewhere, Counter::add, 1);
    }
  }

  @Test
  void aTurnTellsOnlyActorsOfItsOwnEngine() {
    try (Engine engine = Engine.inMemory(Gossip.class);
        Engine other = Engine.inMemory(Counter.class)) {
      Gossip.elsewhere = other.actor(Counter.class, "a");
      HandlerFailedException failed =
          assertThrows(
              HandlerFailedException.class,
              () -> engine.actor(Gossip.class, "a").call(Gossip::pass));
      assertTrue(failed.getMessage().startsWith("InvalidArgument: counter/a"), failed.getMessage());
    }
  }

  @Test
  void anEngineTellsWhereItListens() {
    try (Engine engine = Engine.inMemory(Counter.class)) {
      assertEquals(Optional.empty(), engine.address());
    }
    Options options = Options.inMemory().listen("127.0.0.1:0");
    try (Engine engine = Engine.open(options, Counter.class)) {
      String address = engine.address().orElseThrow();
      assertTrue(address.startsWith("127.0.0.1:") && !address.endsWith(":0"), address);
      Options same = Options.inMemory().listen(address);
      String said =
          assertThrows(EveractException.class, () -> Engine.open(same, Counter.class).close())
              .getMessage();
      assertTrue(said.contains(address), said);
      try (Connection connection = Connection.open("http://" + address, Counter.class)) {
        assertEquals(1, connection.actor(Counter.class, "a").call(Counter::add, 1));
        assertEquals(2, engine.actor(Counter.class, "a").call(Counter::add, 1));
      }
    }
    Options wrong = Options.inMemory().listen("nowhere");
    assertThrows(
        InvalidConfigurationException.class, () -> Engine.open(wrong, Counter.class).close());
  }

  @Test
  void whatRunsIsSeenFromHereAndOverAConnection() {
    Options options = Options.inMemory().listen("127.0.0.1:0").gateway(Map.of("control", true));
    try (Engine engine = Engine.open(options, Counter.class);
        Connection connection =
            Connection.open("http://" + engine.address().orElseThrow(), Counter.class)) {
      engine.actor(Counter.class, "c").call(Counter::add, 1);
      Map<String, String> by = Map.of("by", "turns");
      for (Map<String, Object> seen :
          List.of(engine.describe("top", by), connection.describe("top", by))) {
        Map<?, ?> first = (Map<?, ?>) ((List<?>) seen.get("top")).get(0);
        assertEquals("c", first.get("key"));
      }
      assertThrows(InvalidArgumentException.class, () -> connection.describe("tops", by));
    }
  }
}
