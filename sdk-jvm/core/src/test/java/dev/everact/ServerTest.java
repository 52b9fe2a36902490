// Servers: what they want beside their reply, and how they end.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.everact.errors.HandlerFailedException;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.InvalidDeclarationException;
import dev.everact.errors.NoProcessException;
import dev.everact.errors.UnknownHandlerException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ServerTest {
  static final BlockingQueue<Object> SAID = new LinkedBlockingQueue<>();

  static class Session extends Server {
    String user = "";
    boolean worse;

    @Override
    protected void activated(Context context) {
      if (!user.isEmpty()) {
        context.server().continueWith(Map.of("load", user));
      }
    }

    @Override
    protected void onContinue(Object value, Context context) {
      SAID.add(value);
    }

    @Override
    protected void onTimeout(Context context) {
      SAID.add("idle");
    }

    @Override
    protected void terminate(ExitReason reason, Context context) {
      SAID.add(reason);
      if (worse) {
        throw new IllegalStateException("worse");
      }
    }

    @Handler
    boolean isTold(Context context) {
      SAID.add(context.isTold());
      return context.isTold();
    }

    @Handler
    void rest(int ms, Context context) {
      context.server().hibernate();
      context.server().idleTimeout(ms < 0 ? null : Duration.ofMillis(ms));
    }

    @Handler
    void leave(Context context) {
      context.server().reply("bye");
      throw context.exit(ExitReason.custom("done"));
    }

    @Handler
    String silent(Context context) {
      throw context.exit(ExitReason.shutdown("quiet"));
    }

    @Handler
    void crash() {
      throw new IllegalStateException("boom");
    }

    @Handler
    void wants(String what, Context context) {
      switch (what) {
        case "past" -> context.server().idleTimeout(Duration.ofMillis(-1));
        case "bytes" -> context.server().continueWith(new byte[] {1});
        default -> context.machine().repeatState();
      }
    }
  }

  static class Plain extends HandlerProcess {
    @Handler
    void wants(Context context) {
      context.server().hibernate();
    }
  }

  static class Stateful extends Server {
    @Handler(state = "open")
    void close() {}
  }

  private Engine engine;

  @BeforeEach
  void open() {
    SAID.clear();
    engine = Engine.inMemory(Session.class, Plain.class);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private static Object said() throws InterruptedException {
    return SAID.poll(20, TimeUnit.SECONDS);
  }

  private static <T> T soon(CompletableFuture<T> future) throws Exception {
    return future.get(20, TimeUnit.SECONDS);
  }

  @Test
  void itContinuesBeforeAnyMessage() throws Exception {
    ProcessRef<Session> session = engine.spawn(Session.class, it -> it.user = "joe");
    session.tell(Session::isTold);
    assertEquals(Map.of("load", "joe"), said());
    assertEquals(true, said());
    assertEquals(false, session.call(Session::isTold));
  }

  @Test
  void theLastWishCountsAndIsWantedOnce() throws Exception {
    ProcessRef<Session> session = engine.spawn(Session.class);
    session.call(Session::rest, 5);
    assertEquals("idle", said());
    session.call(Session::rest, 30);
    session.call(Session::rest, -1);
    assertNull(SAID.poll(100, TimeUnit.MILLISECONDS), "taken back");
  }

  @Test
  void itAnswersAndEnds() throws Exception {
    ProcessRef<Session> session = engine.spawn(Session.class);
    CompletableFuture<ExitReason> end = session.ended();
    session.call(Session::leave);
    assertEquals(ExitReason.custom("done"), soon(end));
    assertEquals(ExitReason.custom("done"), said());
  }

  @Test
  void whoeverGetsNoAnswerLearnsTheReason() throws Exception {
    ProcessRef<Session> session = engine.spawn(Session.class);
    NoProcessException gone =
        assertThrows(NoProcessException.class, () -> session.call(Session::silent));
    assertEquals("the process has ended: shutdown \"quiet\"", gone.getMessage());
    assertEquals(ExitReason.shutdown("quiet"), said());
  }

  @Test
  void itTidiesUpAfterAnError() throws Exception {
    ProcessRef<Session> session = engine.spawn(Session.class);
    CompletableFuture<ExitReason> end = session.ended();
    HandlerFailedException failed =
        assertThrows(HandlerFailedException.class, () -> session.call(Session::crash));
    assertEquals("IllegalStateException: boom", failed.getMessage());
    ExitReason.Failed seen = assertInstanceOf(ExitReason.Failed.class, said());
    ExitReason.Failed ended = assertInstanceOf(ExitReason.Failed.class, soon(end));
    assertEquals(ended.name(), seen.name());
    assertEquals(ended.text(), seen.text());
  }

  @Test
  void anErrorWhileItTidiesUpIsTheReason() throws Exception {
    ProcessRef<Session> session = engine.spawn(Session.class, it -> it.worse = true);
    CompletableFuture<ExitReason> end = session.ended();
    session.call(Session::leave);
    ExitReason.Failed ended = assertInstanceOf(ExitReason.Failed.class, soon(end));
    assertEquals("IllegalStateException: worse", ended.text());
  }

  @Test
  void itIsStoppedInGoodOrder() throws Exception {
    ProcessRef<Session> session = engine.spawn(Session.class);
    soon(session.stop(ExitReason.shutdown("enough")));
    assertEquals(ExitReason.shutdown("enough"), said());
    assertInstanceOf(
        NoProcessException.class,
        assertThrows(ExecutionException.class, () -> soon(session.stop())).getCause());
    assertThrows(InvalidArgumentException.class, () -> session.stop(ExitReason.KILL));
    ProcessRef<Plain> plain = engine.spawn(Plain.class);
    assertInstanceOf(
        UnknownHandlerException.class,
        assertThrows(ExecutionException.class, () -> soon(plain.stop())).getCause());
  }

  @Test
  void whatCannotBeWantedIsSaid() {
    for (String what : List.of("past", "bytes", "machine")) {
      ProcessRef<Session> session = engine.spawn(Session.class);
      HandlerFailedException failed =
          assertThrows(HandlerFailedException.class, () -> session.call(Session::wants, what));
      assertEquals("InvalidArgument", failed.getMessage().split(":")[0]);
    }
    ProcessRef<Plain> plain = engine.spawn(Plain.class);
    assertThrows(HandlerFailedException.class, () -> plain.call(Plain::wants));
    InvalidDeclarationException refused =
        assertThrows(InvalidDeclarationException.class, () -> Engine.inMemory(Stateful.class));
    assertEquals(
        "actor Stateful has a handler close for a state, and is no state machine",
        refused.getMessage());
  }
}
