// A turn always ends. Method: handlers, hooks, constructors, messages, replies, states and errors
// that
// misbehave in every way that Java knows, in any order and by every way of asking; after each: one
// answer, an error of ours, and the actor's next turn works. At the end closing is prompt.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.everact.errors.DeadlockException;
import dev.everact.errors.EveractException;
import dev.everact.errors.HandlerFailedException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

class EndingPropertyTest {
  private static final String HUGE = "x".repeat(50_000_000);
  private static final String HALF = "half a pair: \ud800!";
  private static final long PROMPT_MS = 5_000;
  private static Engine engine;

  @BeforeContainer
  static void open() {
    engine = Engine.inMemory(Rude.class);
  }

  @AfterContainer
  static void closingIsPrompt() {
    assertEquals(0, engine.stats().openTurns());
    long began = System.nanoTime();
    engine.close(Duration.ofSeconds(30));
    long ms = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    assertTrue(ms < PROMPT_MS, "closing took " + ms + " ms");
  }

  private static Object deeper(int depth) {
    return depth < 0 ? depth : List.of(deeper(depth + 1));
  }

  /** What user code may do where it should return: mostly throw. */
  private static final List<Rude.Deed> DEEDS =
      List.of(
          (actor, context) -> raise(new IllegalStateException("plain")),
          (actor, context) -> raise(new IllegalStateException((String) null)),
          (actor, context) -> raise(new IllegalStateException(HUGE)),
          (actor, context) -> raise(new IllegalStateException(HALF)),
          (actor, context) -> raise(new IOException("sneaked out")),
          (actor, context) -> raise(new InterruptedException("sneaked out")),
          (actor, context) -> raise(new AssertionError("an error")),
          (actor, context) -> raise(new LinkageError("no such class")),
          (actor, context) -> raise(new ThreadDeath()),
          (actor, context) -> raise(new OutOfMemoryError("said to be")),
          (actor, context) -> new long[Integer.MAX_VALUE],
          (actor, context) -> deeper(0),
          (actor, context) -> raise(null),
          (actor, context) -> raise(new RuntimeException() {}),
          (actor, context) -> raise(new HandlerFailedException("one of ours")),
          (actor, context) -> raise(new DeadlockException("one of ours")),
          (actor, context) -> {
            Thread.currentThread().interrupt();
            throw new InterruptedException();
          });

  private static Object raise(Throwable thrown) throws Throwable {
    throw thrown;
  }

  private static Arbitrary<Rude.Deed> throwing() {
    Arbitrary<Rude.Deed> plain = Arbitraries.of(DEEDS);
    Rude.Deed huge = (actor, context) -> HUGE;
    Rude.Deed half = (actor, context) -> HALF;
    Rude.Deed none = (actor, context) -> null;
    Rude.Deed endless = (actor, context) -> deeper(0).toString();
    Arbitrary<Rude.Deed> asked =
        Arbitraries.oneOf(plain, Arbitraries.of(huge, half, none, endless));
    Arbitrary<Rude.Deed> evil = asked.map(deed -> (actor, context) -> raise(new Rude.Evil(deed)));
    // An error about the error about the error.
    Arbitrary<Rude.Deed> twice = evil.map(deed -> (actor, context) -> raise(new Rude.Evil(deed)));
    return Arbitraries.oneOf(plain, evil, twice);
  }

  /** A value that cannot be a reply or a state. */
  private static Arbitrary<Rude.Deed> unwritable() {
    // Made by the deed: the property's own framework would ask the values about themselves.
    Arbitrary<Rude.Deed> fixed =
        Arbitraries.of(
            (actor, context) -> {
              Map<String, Object> loop = new HashMap<>();
              loop.put("again", loop);
              return loop;
            },
            (actor, context) -> {
              Map<Object, Object> nullKey = new HashMap<>();
              nullKey.put(null, 1);
              return nullKey;
            },
            (actor, context) -> deep(5_000),
            (actor, context) -> HALF,
            (actor, context) -> Map.of(HALF, 1),
            (actor, context) -> Double.NaN,
            (actor, context) -> Float.POSITIVE_INFINITY,
            (actor, context) -> List.of(Double.NEGATIVE_INFINITY),
            (actor, context) -> Thread.currentThread(),
            (actor, context) -> new Object(),
            (actor, context) -> new CompletableFuture<>(),
            (actor, context) -> CompletableFuture.failedFuture(new IllegalStateException()));
    Arbitrary<Rude.Deed> thing = throwing().map(deed -> (actor, context) -> new Rude.Thing(deed));
    Arbitrary<Rude.Deed> lazy = throwing().map(deed -> (actor, context) -> new Rude.Lazy(deed));
    return Arbitraries.oneOf(fixed, thing, lazy);
  }

  private static List<Object> deep(int depth) {
    List<Object> outer = new ArrayList<>();
    List<Object> inner = outer;
    for (int i = 0; i < depth; i++) {
      List<Object> next = new ArrayList<>();
      inner.add(next);
      inner = next;
    }
    return outer;
  }

  /** What a turn does with its context or its state, then returns. */
  private static Arbitrary<Rude.Deed> within() {
    Arbitrary<Rude.Deed> state =
        unwritable()
            .map(
                deed ->
                    (actor, context) -> {
                      actor.things.add(deed.run(null, null));
                      return 1;
                    });
    Arbitrary<Rude.Deed> told =
        unwritable()
            .map(
                deed ->
                    (actor, context) -> {
                      context.tell(context.actor("rude", "other"), "act", deed.run(null, null));
                      return 1;
                    });
    Rude.Deed key = (actor, context) -> context.actor(Rude.class, HALF).call(Rude::count);
    Rude.Deed toKey =
        (actor, context) -> {
          context.tell(context.actor(Rude.class, HALF), Rude::count);
          return 1;
        };
    Rude.Deed empty =
        (actor, context) -> {
          context.tell(context.actor(Rude.class, ""), "count");
          return 1;
        };
    Rude.Deed noMetadata =
        (actor, context) -> {
          context.replyMetadata(null);
          return 1;
        };
    Rude.Deed self = (actor, context) -> context.actor(Rude.class, context.key()).call(Rude::count);
    Arbitrary<Rude.Deed> nested =
        throwing()
            .map(
                deed ->
                    (actor, context) ->
                        context
                            .actor(Rude.class, context.key())
                            .call(Rude::again, Rude.deed(deed)));
    Arbitrary<Rude.Deed> broken =
        throwing()
            .map(
                deed ->
                    (actor, context) -> {
                      // The way back to the accepted state makes an object: that fails too.
                      Rude.onMade = deed;
                      actor.things.add(1);
                      return deed.run(actor, context);
                    });
    return Arbitraries.oneOf(
        state, told, nested, broken, Arbitraries.of(key, toKey, empty, noMetadata, self));
  }

  /** How the turn is reached. */
  enum Way {
    CALL,
    ASK,
    READ_ONLY,
    ON_ACTIVATED,
    ON_MADE,
    MESSAGE
  }

  @Provide
  Arbitrary<Rude.Deed> deeds() {
    return Arbitraries.oneOf(throwing(), throwing(), unwritable(), within());
  }

  @Property(tries = 400, seed = "7")
  void aTurnAlwaysEnds(@ForAll("deeds") Rude.Deed deed, @ForAll Way way) throws Exception {
    Reference<Rude> actor = engine.actor(Rude.class, way.name());
    settle(actor);
    int before = actor.call(Rude::count);
    Throwable failure = outcome(actor, deed, way);
    if (failure != null) {
      assertInstanceOf(EveractException.class, failure);
      assertTrue(failure.getMessage().length() < 20_000, "a text for people");
    }
    boolean interrupted = Thread.interrupted();
    assertTrue(!interrupted || way != Way.ASK, "an interrupt of a turn elsewhere");
    settle(actor);
    int after = actor.ask(Rude::count).get(10, TimeUnit.SECONDS);
    assertTrue(after == before + 1 || failure == null && after > before, before + " " + after);
  }

  /** What a test left for later is not for this turn. */
  private static void settle(Reference<Rude> actor) {
    Rude.onMade = null;
    Rude.onActivated = null;
    Rude.onRead = null;
  }

  /** The one answer; null where it is a reply. */
  private static Throwable outcome(Reference<Rude> actor, Rude.Deed deed, Way way)
      throws InterruptedException, TimeoutException {
    try {
      switch (way) {
        case CALL -> actor.call(Rude::act, Rude.deed(deed));
        case READ_ONLY -> actor.call(Rude::look, Rude.deed(deed));
        case ASK -> actor.ask(Rude::act, Rude.deed(deed)).get(10, TimeUnit.SECONDS);
        case ON_ACTIVATED -> {
          leave(actor);
          Rude.onActivated = deed;
          actor.ask(Rude::act, Rude.deed((self, context) -> 1)).get(10, TimeUnit.SECONDS);
        }
        case ON_MADE -> {
          leave(actor);
          Rude.onMade = deed;
          actor.call(Rude::act, Rude.deed((self, context) -> 1));
        }
        case MESSAGE -> {
          Rude.Spiky message = new Rude.Spiky(1);
          try {
            deed.run(new Rude(), null);
          } catch (Throwable e) {
            Rude.onRead = e;
          }
          actor.call(Rude::read, message);
        }
        default -> throw new IllegalStateException();
      }
      return null;
    } catch (java.util.concurrent.ExecutionException | CompletionException e) {
      return e.getCause();
    } catch (EveractException e) {
      return e;
    }
  }

  private static void leave(Reference<Rude> actor) throws InterruptedException {
    actor.call(Rude::leave);
  }
}
