// The peers: actors as a Java programmer writes them by hand. No durability, no addresses, no JSON.
package bench;

import java.nio.file.Path;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A thread with a queue, and a single-threaded executor. */
final class Peers {
  private Peers() {}

  private record Question(int amount, CompletableFuture<Integer> answer) {}

  /** Counts for ever. */
  private static BlockingQueue<Question> queueActor() throws ReflectiveOperationException {
    BlockingQueue<Question> mailbox = new ArrayBlockingQueue<>(128);
    Callers.start(
        () -> {
          int value = 0;
          try {
            for (Question question = mailbox.take(); question.amount > 0; question = mailbox.take()) {
              value += question.amount;
              question.answer.complete(value);
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    return mailbox;
  }

  private static void ask(BlockingQueue<Question> actor) {
    try {
      CompletableFuture<Integer> answer = new CompletableFuture<>();
      actor.put(new Question(1, answer));
      answer.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  static double queueSeq(Path folder, double seconds) throws Exception {
    BlockingQueue<Question> actor = queueActor();
    double rate = Asks.sequence(seconds, () -> ask(actor));
    actor.put(new Question(0, null));
    return rate;
  }

  static double queueConc(Path folder, double seconds) throws Exception {
    return Asks.loops(
        seconds,
        caller -> {
          try {
            BlockingQueue<Question> actor = queueActor();
            return () -> ask(actor);
          } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  static double executorSeq(Path folder, double seconds) {
    ExecutorService actor = Executors.newSingleThreadExecutor();
    int[] value = new int[1];
    double rate = Asks.sequence(seconds, () -> CompletableFuture.supplyAsync(() -> ++value[0], actor).join());
    actor.shutdown();
    return rate;
  }
}
