// Answers that a later turn gives.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.everact.errors.HandlerFailedException;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.NoProcessException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeferTest {
  static volatile Asker leaked;

  /** As a process; those who wait are in a field as texts are. */
  static class Desk extends HandlerProcess {
    List<Asker> waiting = new ArrayList<>();

    @Handler
    String reserve(String name, Context context) {
      Asker asker = context.defer();
      leaked = asker;
      waiting.add(asker);
      return "nobody sees " + name;
    }

    @Handler
    int open() {
      waiting.forEach(asker -> asker.reply("a ticket"));
      int count = waiting.size();
      waiting.clear();
      return count;
    }

    @Handler
    void refuse() {
      waiting.forEach(asker -> asker.fail(new IllegalStateException("sold out")));
      waiting.clear();
    }

    @Handler
    String atOnce(Context context) {
      context.defer().reply("now");
      return "never";
    }

    @Handler
    void last(Context context) {
      context.defer().reply("bye");
      throw context.exit(ExitReason.NORMAL);
    }
  }

  /** As a durable actor. */
  static class Store extends Actor {
    List<Asker> waiting = new ArrayList<>();
    int opened;

    @Handler
    String reserve(Context context) {
      waiting.add(context.defer());
      return null;
    }

    @Handler
    int open(boolean fails) {
      opened++;
      waiting.forEach(asker -> asker.reply("a ticket"));
      waiting.clear();
      if (fails) {
        throw new IllegalStateException("no");
      }
      return opened;
    }
  }

  private Engine engine;

  @BeforeEach
  void open() {
    engine = Engine.inMemory(Desk.class, Store.class);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private static <T> T soon(CompletableFuture<T> future) throws Exception {
    return future.get(20, TimeUnit.SECONDS);
  }

  private static Throwable cause(CompletableFuture<?> future) {
    return assertThrows(ExecutionException.class, () -> soon(future)).getCause();
  }

  @Test
  void aLaterTurnOfAProcessAnswers() throws Exception {
    ProcessRef<Desk> desk = engine.spawn(Desk.class);
    CompletableFuture<String> one = desk.ask(Desk::reserve, "ann");
    CompletableFuture<String> other = desk.ask(Desk::reserve, "bob");
    assertEquals(2, desk.call(Desk::open));
    assertEquals("a ticket", soon(one));
    assertEquals("a ticket", soon(other));
    assertEquals(0, desk.call(Desk::open));
  }

  @Test
  void aFailureIsAnAnswerToo() throws Exception {
    ProcessRef<Desk> desk = engine.spawn(Desk.class);
    CompletableFuture<String> one = desk.ask(Desk::reserve, "ann");
    desk.tell(Desk::refuse);
    Throwable failed = cause(one);
    assertInstanceOf(HandlerFailedException.class, failed);
    assertEquals("IllegalStateException: sold out", failed.getMessage());
  }

  @Test
  void theTurnItselfMayAnswerBeforeItEnds() {
    ProcessRef<Desk> desk = engine.spawn(Desk.class);
    assertEquals("now", desk.call(Desk::atOnce));
  }

  @Test
  void aProcessMayAnswerAndThenEnd() throws Exception {
    ProcessRef<Desk> desk = engine.spawn(Desk.class);
    CompletableFuture<ExitReason> end = desk.ended();
    CompletableFuture<String> last = desk.ask(Desk::reserve, "ann");
    desk.call(Desk::last);
    assertEquals(ExitReason.NORMAL, soon(end));
    assertInstanceOf(NoProcessException.class, cause(last), "what it owed when it ended");
  }

  @Test
  void whoWasToldIsNobody() {
    ProcessRef<Desk> desk = engine.spawn(Desk.class);
    desk.tell(Desk::atOnce);
    assertEquals("now", desk.call(Desk::atOnce));
  }

  @Test
  void anAnswerIsGivenByATurnOfTheSame() throws Exception {
    ProcessRef<Desk> desk = engine.spawn(Desk.class);
    CompletableFuture<String> one = desk.ask(Desk::reserve, "ann");
    assertEquals("now", desk.call(Desk::atOnce), "its turn is over");
    assertThrows(InvalidArgumentException.class, () -> leaked.reply("from outside"));
    assertEquals(1, desk.call(Desk::open));
    assertEquals("a ticket", soon(one));
  }

  @Test
  void anActorsAnswerCountsWithItsTurn() throws Exception {
    Reference<Store> store = engine.actor(Store.class, "s");
    CompletableFuture<String> one = store.ask(Store::reserve);
    assertThrows(HandlerFailedException.class, () -> store.call(Store::open, true));
    assertNull(one.getNow(null), "the turn that answered has failed");
    assertEquals(1, store.call(Store::open, false), "who waits is still in its field");
    assertEquals("a ticket", soon(one));
  }

  @Test
  void aTextOfAnotherLifeIsNobody() throws Exception {
    Host host = engine.spawn(Desk.class).host;
    Codec codec = host.json.codec(Asker.class);
    byte[] text = "\"0/1\"".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    Asker read = (Asker) codec.decode(text, 0, text.length);
    read.reply("nobody");
    read.fail(new IllegalStateException("nobody"));
    byte[] bad = "\"text\"".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    assertThrows(Misfit.class, () -> codec.decode(bad, 0, bad.length));
  }
}
