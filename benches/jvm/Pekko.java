// The same of Apache Pekko's typed actors, written as its documentation does it.
package bench;

import static bench.Processes.ASKS_A_PAIR;
import static bench.Processes.HOPS;
import static bench.Processes.LIVE;
import static bench.Processes.PAIRS;
import static bench.Processes.RESTARTS;
import static bench.Processes.RING;
import static bench.Processes.SPAWNS;
import static bench.Processes.TELLING;
import static bench.Processes.TELLS;
import static bench.Processes.TELLS_A_TURN;
import static bench.Processes.TIMERS;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/** Each is a class with a method for each message, as {@link Processes} has them. */
final class Pekko {
  private static final Duration LONG = Duration.ofHours(1);
  private static final LinkedBlockingQueue<ActorRef<Die>> UP = new LinkedBlockingQueue<>();
  private static volatile CountDownLatch done;

  private Pekko() {}

  private static final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  private record Heard() {}

  private record One(int value) {}

  private record Go(int left) {}

  private record Hop(int left) {}

  private record Die() {}

  private record Tick() {}

  private record Question(int value, ActorRef<Answer> replyTo) {}

  private record Answer(int value) {}

  /** What a figure does within the system, and its value. */
  private static double within(ToDoubleFunction<ActorContext<Void>> work) throws Exception {
    CompletableFuture<Double> value = new CompletableFuture<>();
    ActorSystem<Void> system = system(context -> value.complete(work.applyAsDouble(context)));
    double found = value.get();
    stop(system);
    return found;
  }

  private static ActorSystem<Void> system(Consumer<ActorContext<Void>> begin) {
    Behavior<Void> root =
        Behaviors.setup(
            context -> {
              begin.accept(context);
              return Behaviors.empty();
            });
    Config quiet = ConfigFactory.parseString("pekko.loglevel=OFF,pekko.stdout-loglevel=OFF");
    return ActorSystem.create(root, "bench", quiet.withFallback(ConfigFactory.load()));
  }

  private static void stop(ActorSystem<Void> system) throws Exception {
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().get();
  }

  private static double rate(double count, long began) {
    return count * 1e9 / (System.nanoTime() - began);
  }

  /** Lives, and answers. */
  private static final class Plain extends AbstractBehavior<Object> {
    Plain(ActorContext<Object> context) {
      super(context);
    }

    @Override
    public Receive<Object> createReceive() {
      return newReceiveBuilder()
          .onMessage(Question.class, this::answer)
          .onMessage(Heard.class, this::heard)
          .build();
    }

    private Behavior<Object> answer(Question question) {
      question.replyTo.tell(new Answer(question.value));
      return this;
    }

    private Behavior<Object> heard(Heard message) {
      done.countDown();
      return this;
    }
  }

  static double spawns(Path folder, double seconds) throws Exception {
    return within(
        context -> {
          long began = System.nanoTime();
          for (int i = 0; i < SPAWNS; i++) {
            context.spawnAnonymous(Behaviors.setup(Plain::new));
          }
          return rate(SPAWNS, began);
        });
  }

  /** A million actors that have each handled a message; for a program that measures itself. */
  static ActorSystem<Void> live() throws InterruptedException {
    done = new CountDownLatch(LIVE);
    ActorSystem<Void> system =
        system(
            context -> {
              for (int i = 0; i < LIVE; i++) {
                context.spawnAnonymous(Behaviors.setup(Plain::new)).tell(new Heard());
              }
            });
    done.await();
    return system;
  }

  /** Tells one other again and again. */
  private static final class Source extends AbstractBehavior<Go> {
    private final ActorRef<One> sink;

    Source(ActorContext<Go> context, ActorRef<One> sink) {
      super(context);
      this.sink = sink;
    }

    @Override
    public Receive<Go> createReceive() {
      return newReceiveBuilder().onMessage(Go.class, this::go).build();
    }

    private Behavior<Go> go(Go message) {
      for (int i = 0; i < TELLS_A_TURN; i++) {
        sink.tell(new One(i));
      }
      if (message.left > TELLS_A_TURN) {
        getContext().getSelf().tell(new Go(message.left - TELLS_A_TURN));
      }
      return this;
    }
  }

  /** Counts the messages that it receives. */
  private static final class Sink extends AbstractBehavior<One> {
    private int heard;

    Sink(ActorContext<One> context) {
      super(context);
    }

    @Override
    public Receive<One> createReceive() {
      return newReceiveBuilder().onMessage(One.class, this::one).build();
    }

    private Behavior<One> one(One message) {
      if (++heard == TELLS) {
        done.countDown();
      }
      return this;
    }
  }

  static double tells(Path folder, double seconds) throws Exception {
    done = new CountDownLatch(TELLING);
    long began = System.nanoTime();
    ActorSystem<Void> system =
        system(
            context -> {
              for (int i = 0; i < TELLING; i++) {
                ActorRef<One> sink = context.spawnAnonymous(Behaviors.setup(Sink::new));
                context.spawnAnonymous(Behaviors.<Go>setup(own -> new Source(own, sink))).tell(new Go(TELLS));
              }
            });
    done.await();
    double rate = rate((double) TELLING * TELLS, began);
    stop(system);
    return rate;
  }

  /** One of a ring. */
  private static final class Member extends AbstractBehavior<Object> {
    private ActorRef<Object> next;

    Member(ActorContext<Object> context, ActorRef<Object> next) {
      super(context);
      this.next = next;
    }

    @Override
    @SuppressWarnings("unchecked")
    public Receive<Object> createReceive() {
      return newReceiveBuilder()
          .onMessage(Hop.class, this::hop)
          .onMessage(ActorRef.class, other -> meet((ActorRef<Object>) other))
          .build();
    }

    private Behavior<Object> meet(ActorRef<Object> other) {
      next = other;
      return this;
    }

    private Behavior<Object> hop(Hop message) {
      if (message.left == 0) {
        done.countDown();
      } else {
        next.tell(new Hop(message.left - 1));
      }
      return this;
    }
  }

  static double ring(Path folder, double seconds) throws Exception {
    done = new CountDownLatch(1);
    CompletableFuture<ActorRef<Object>> made = new CompletableFuture<>();
    ActorSystem<Void> system =
        system(
            context -> {
              List<ActorRef<Object>> all = new ArrayList<>();
              for (int i = 0; i < RING; i++) {
                ActorRef<Object> after = i == 0 ? null : all.get(i - 1);
                all.add(context.spawnAnonymous(Behaviors.<Object>setup(own -> new Member(own, after))));
              }
              all.get(0).tell(all.get(RING - 1));
              made.complete(all.get(0));
            });
    ActorRef<Object> first = made.get();
    long began = System.nanoTime();
    first.tell(new Hop(HOPS));
    done.await();
    double rate = rate(HOPS, began);
    stop(system);
    return rate;
  }

  /** Asks one other again and again. */
  private static final class Asking extends AbstractBehavior<Object> {
    private final ActorRef<Object> asked;
    private int left;

    Asking(ActorContext<Object> context, ActorRef<Object> asked) {
      super(context);
      this.asked = asked;
    }

    @Override
    public Receive<Object> createReceive() {
      return newReceiveBuilder()
          .onMessage(Go.class, this::go)
          .onMessage(Answer.class, this::next)
          .build();
    }

    private Behavior<Object> go(Go message) {
      left = message.left;
      ask();
      return this;
    }

    private Behavior<Object> next(Answer answer) {
      if (--left == 0) {
        done.countDown();
      } else {
        ask();
      }
      return this;
    }

    private void ask() {
      getContext()
          .ask(Answer.class, asked, LONG, (ActorRef<Answer> from) -> new Question(left, from), (answer, thrown) -> answer);
    }
  }

  static double pairs(Path folder, double seconds) throws Exception {
    done = new CountDownLatch(PAIRS);
    long began = System.nanoTime();
    ActorSystem<Void> system =
        system(
            context -> {
              for (int i = 0; i < PAIRS; i++) {
                ActorRef<Object> asked = context.spawnAnonymous(Behaviors.setup(Plain::new));
                context.spawnAnonymous(Behaviors.<Object>setup(own -> new Asking(own, asked))).tell(new Go(ASKS_A_PAIR));
              }
            });
    done.await();
    double rate = rate((double) PAIRS * ASKS_A_PAIR, began);
    stop(system);
    return rate;
  }

  /** Fails, and says when it is there again. */
  private static final class Mortal extends AbstractBehavior<Die> {
    Mortal(ActorContext<Die> context) {
      super(context);
      UP.add(context.getSelf());
    }

    @Override
    public Receive<Die> createReceive() {
      return newReceiveBuilder().onMessage(Die.class, this::die).build();
    }

    private Behavior<Die> die(Die message) {
      throw new Failure();
    }
  }

  static double restarts(Path folder, double seconds) throws Exception {
    SupervisorStrategy again = SupervisorStrategy.restart().withLoggingEnabled(false);
    ActorSystem<Void> system =
        system(
            context ->
                context.spawnAnonymous(Behaviors.supervise(Behaviors.<Die>setup(Mortal::new)).onFailure(Failure.class, again)));
    UP.take().tell(new Die());
    long began = System.nanoTime();
    for (int i = 1; i < RESTARTS; i++) {
      UP.take().tell(new Die());
    }
    UP.take();
    double rate = rate(RESTARTS, began);
    stop(system);
    return rate;
  }

  static double timers(Path folder, double seconds) throws Exception {
    CompletableFuture<Double> value = new CompletableFuture<>();
    ActorSystem<Void> system =
        system(
            context ->
                context.spawnAnonymous(
                    Behaviors.<Tick>setup(
                        own -> {
                          long began = System.nanoTime();
                          for (int i = 0; i < TIMERS; i++) {
                            own.scheduleOnce(LONG, own.getSelf(), new Tick());
                          }
                          value.complete((System.nanoTime() - began) / (double) TIMERS);
                          return Behaviors.empty();
                        })));
    double found = value.get();
    stop(system);
    return found;
  }
}
