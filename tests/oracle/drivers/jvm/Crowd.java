// Many processes at once.
package oracle;

import dev.everact.Context;
import dev.everact.HandlerProcess;
import dev.everact.ProcessRef;
import dev.everact.Spawn;
import dev.everact.errors.NameTakenException;
import dev.everact.errors.OverloadedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/** Processes that do nothing: a scenario knows nothing of each. */
final class Crowd {
  /** One of them. */
  static final class One extends HandlerProcess {}

  private final List<ProcessRef<One>> all = new ArrayList<>();

  /** Spawns so many, or as many as there may be. */
  String gather(Context context, int count) {
    try {
      for (int i = 0; i < count; i++) {
        all.add(context.spawn(One.class));
      }
      return "ok";
    } catch (OverloadedException e) {
      return "too_many";
    }
  }

  /** Ends them. */
  String disperse() {
    end(all);
    all.clear();
    return "ok";
  }

  /** Many threads spawn a process of one name at once; how many got it. */
  static int race(String name, int count) {
    CountDownLatch start = new CountDownLatch(1);
    List<CompletableFuture<Optional<ProcessRef<One>>>> runners = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      CompletableFuture<Optional<ProcessRef<One>>> outcome = new CompletableFuture<>();
      runners.add(outcome);
      new Thread(() -> outcome.complete(run(name, start))).start();
    }
    start.countDown();
    List<ProcessRef<One>> got = runners.stream().map(CompletableFuture::join).flatMap(Optional::stream).toList();
    end(got);
    return got.size();
  }

  private static Optional<ProcessRef<One>> run(String name, CountDownLatch start) {
    try {
      start.await();
      return Optional.of(World.here().engine.spawn(Spawn.of(One.class).named(name)));
    } catch (NameTakenException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Watches a process many times, or as often as it may. */
  static String watches(Context context, ProcessRef<?> process, int count) {
    try {
      for (int i = 0; i < count; i++) {
        context.monitor(process);
      }
      return "ok";
    } catch (OverloadedException e) {
      return "too_many";
    }
  }

  /** Watches, many times, one that is dead, and receives that. */
  static String rounds(Acts.Mailbox mailbox, Context context, int count) {
    for (int i = 0; i < count; i++) {
      mailbox.down(context.monitor(World.here().dead));
    }
    return "ok";
  }

  private static void end(List<ProcessRef<One>> processes) {
    List<CompletableFuture<?>> ends = new ArrayList<>();
    for (ProcessRef<One> process : processes) {
      ends.add(process.ended());
      process.kill();
    }
    ends.forEach(CompletableFuture::join);
  }
}
