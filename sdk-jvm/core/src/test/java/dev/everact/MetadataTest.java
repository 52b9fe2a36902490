// What travels beside messages and replies, and what may not.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.everact.errors.HandlerFailedException;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.TooLargeException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class MetadataTest {
  @TempDir Path folder;

  @Exposed
  static class Echo extends Actor {
    int turns;

    @Handler
    String answer(String message, Context context) {
      turns++;
      Metadata back = Metadata.of("turn", Integer.toString(turns));
      if (!context.metadata().isEmpty()) {
        back = back.with("heard", context.metadata().names().toString());
        back = back.with("bytes-bin", context.metadata().bytes("raw-bin").orElse(new byte[0]));
      }
      context.replyMetadata(back);
      return message + context.metadata().text("trace").map(trace -> " " + trace).orElse("");
    }

    @Handler
    int fail(Context context) {
      context.replyMetadata(Metadata.of("lost", "yes"));
      throw new IllegalStateException("no");
    }

    @Handler
    int silent() {
      return turns;
    }

    @Handler
    String through(String key, Context context) {
      Reference<Echo> other = context.actor(Echo.class, key);
      context.replyMetadata(context.metadata());
      return other.withMetadata(context.metadata()).call(Echo::answer, "via");
    }
  }

  private static final Metadata SENT =
      Metadata.of("trace", "ä1").with("raw-bin", new byte[] {0, -1}).with("trace", "b2");

  @Test
  void itReachesTheHandlerAndComesBack() {
    try (Engine engine = Engine.open(folder, Echo.class)) {
      AtomicReference<Metadata> got = new AtomicReference<>();
      Reference<Echo> a = engine.actor(Echo.class, "a").withReplyMetadata(got::set);
      assertEquals("hi b2", a.withMetadata(SENT).call(Echo::answer, "hi"));
      assertEquals("[trace, raw-bin]", got.get().text("heard").orElseThrow());
      assertArrayEquals(new byte[] {0, -1}, got.get().bytes("bytes-bin").orElseThrow());
      assertEquals("hi b2", a.withMetadata(SENT).ask(Echo::answer, "hi").join());
      assertEquals("2", got.get().text("turn").orElseThrow());
      assertEquals("hi", a.call(Echo::answer, "hi"));
      assertEquals(Metadata.of("turn", "3"), got.get());
      assertEquals(3, a.call(Echo::silent));
      assertTrue(got.get().isEmpty());
      assertEquals("via b2", a.withMetadata(SENT).call(Echo::through, "b"));
      assertEquals(SENT, got.get());
      String large = "x".repeat(100_000);
      assertEquals(large + " b2", a.withMetadata(SENT).call(Echo::answer, large));
      assertEquals("4", got.get().text("turn").orElseThrow());
    }
  }

  @Test
  void itIsKeptWithTheReplyOfAMark() {
    try (Engine engine = Engine.open(folder, Echo.class)) {
      AtomicReference<Metadata> got = new AtomicReference<>();
      Reference<Echo> a =
          engine
              .actor(Echo.class, "a")
              .withReplyMetadata(got::set)
              .withMetadata(SENT)
              .withIdempotencyKey("once");
      assertEquals("x b2", a.call(Echo::answer, "x"));
      Metadata first = got.getAndSet(null);
      assertFalse(first.isEmpty());
      assertEquals("x b2", a.call(Echo::answer, "y"));
      assertEquals(first, got.get());
    }
  }

  @Test
  void aTurnThatFailsSendsNone() {
    try (Engine engine = Engine.inMemory(Echo.class)) {
      AtomicReference<Metadata> got = new AtomicReference<>();
      Reference<Echo> a = engine.actor(Echo.class, "a").withReplyMetadata(got::set);
      assertThrows(HandlerFailedException.class, () -> a.call(Echo::fail));
      assertNull(got.get());
    }
  }

  @Test
  void aReceiverThatThrowsIsTheCallersOwn() {
    try (Engine engine = Engine.inMemory(Echo.class)) {
      Reference<Echo> a =
          engine
              .actor(Echo.class, "a")
              .withReplyMetadata(
                  ignored -> {
                    throw new UnsupportedOperationException("mine");
                  });
      assertThrows(UnsupportedOperationException.class, () -> a.call(Echo::silent));
      CompletionException later =
          assertThrows(CompletionException.class, () -> a.ask(Echo::silent).join());
      assertEquals("mine", later.getCause().getMessage());
      assertEquals(0, engine.actor(Echo.class, "a").call(Echo::silent));
    }
  }

  @Test
  void namesAndSizesAreChecked() {
    assertEquals(List.of("ä1", "b2"), SENT.texts("trace"));
    assertEquals("[trace, raw-bin]", SENT.toString());
    for (String name : List.of("", "Trace", "a b", "ü")) {
      assertThrows(InvalidArgumentException.class, () -> Metadata.of(name, "x"), name);
    }
    assertThrows(InvalidArgumentException.class, () -> Metadata.of("x-bin", "text"));
    assertThrows(InvalidArgumentException.class, () -> SENT.with("x", new byte[1]));
    assertThrows(TooLargeException.class, () -> Metadata.of("x", "y".repeat(64 * 1024)));
    Metadata most = Metadata.of("x", "y".repeat(64 * 1024 - 2 - 6 - 1));
    try (Engine engine = Engine.inMemory(Echo.class)) {
      assertEquals("z", engine.actor(Echo.class, "a").withMetadata(most).call(Echo::answer, "z"));
    }
  }
}
