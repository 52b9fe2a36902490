// The catalogue of actors that the scenarios use (tests/conformance/README.md, part 1).
package conformance;

import com.fasterxml.jackson.databind.JsonNode;
import dev.everact.Actor;
import dev.everact.Context;
import dev.everact.Exposed;
import dev.everact.Handler;
import dev.everact.Kind;
import dev.everact.Metadata;
import dev.everact.Overflow;
import dev.everact.Reference;
import dev.everact.errors.EveractException;
import java.util.ArrayList;
import java.util.List;

/** Every kind. */
final class Catalogue {
  static final List<Class<? extends Actor>> KINDS =
      List.of(
          Counter.class,
          Scratch.class,
          Journal.class,
          Courier.class,
          Link.class,
          Sleeper.class,
          Nap.class,
          Narrow.class,
          NarrowOldest.class,
          NarrowWait.class,
          Echo.class,
          Dice.class,
          Culprits.Culprit.class,
          Culprits.Brittle.class,
          Culprits.Moody.class,
          Typed.class,
          Guarded.class,
          Collector.class,
          Records.class,
          Cruncher.class);

  /** Every kind, with the edition that a release has. */
  static List<Class<? extends Actor>> kinds(int release) {
    List<Class<? extends Actor>> kinds = new ArrayList<>(KINDS);
    if (release <= Editions.RELEASES.size()) {
      kinds.add(Editions.RELEASES.get(release - 1));
    }
    return kinds;
  }

  private Catalogue() {}

  record AddSlowly(long amount, String gate) {}

  record AtGate(String gate) {}

  record Entry(String entry, String gate) {}

  record Parcel(String to, long amount) {}

  record SlowParcel(String to, long amount, String gate) {}

  record Parcels(String to, long amount, int count) {}

  record Letters(String to, String prefix, int count) {}

  record To(String to) {}

  record ToGate(String to, String gate) {}

  record Visit(List<String> path, boolean fail) {}

  record Report(long value, long activations, long passivations) {}

  record Home(long zip) {}

  record Greeting(String name, long age, List<String> tags, Home home) {}

  record Roll(long nowBefore, List<String> ids, List<Double> randoms, long nowAfter, long rolls) {}

  /** What counter and scratch share. */
  abstract static class Adding extends Actor {
    long value;

    @Handler
    long add(long amount) {
      value += amount;
      return value;
    }

    @Handler(readOnly = true)
    long get() {
      return value;
    }

    @Handler
    long addThenFail(long amount) {
      value += amount;
      throw new IllegalStateException("boom");
    }

    @Handler
    long addSlowly(AddSlowly message, Context context) throws InterruptedException {
      Tables.note("add_slowly");
      value += message.amount;
      Tables.pass(message.gate, context);
      return value;
    }

    @Handler(readOnly = true)
    long peekSlowly(AtGate message, Context context) throws InterruptedException {
      Tables.pass(message.gate, context);
      return value;
    }
  }

  @Exposed
  static class Counter extends Adding {
    @Handler(readOnly = true)
    long revision(Context context) {
      return context.revision();
    }

    @Handler
    void touch() {}

    @Handler
    long addThenExit(long amount) {
      value += amount;
      Runtime.getRuntime().halt(3);
      return value;
    }

    @Handler(readOnly = true)
    long addReadOnly(long amount) {
      value += amount;
      return value;
    }

    @Handler(readOnly = true)
    void tellReadOnly(String key, Context context) {
      context.tell(context.actor(Counter.class, key), Counter::add, 1L);
    }
  }

  @Kind(durable = false)
  @Exposed
  static class Scratch extends Adding {}

  /** What journal and the narrow kinds share. */
  abstract static class Appending extends Actor {
    List<String> entries = new ArrayList<>();

    @Handler
    int append(String entry) {
      entries.add(entry);
      return entries.size();
    }

    @Handler
    int appendSlowly(Entry message, Context context) throws InterruptedException {
      entries.add(message.entry);
      Tables.pass(message.gate, context);
      return entries.size();
    }

    @Handler(readOnly = true)
    List<String> entries() {
      return entries;
    }
  }

  @Exposed
  static class Journal extends Appending {
    @Handler
    void appendSender(Context context) {
      entries.add(context.sender().orElse(""));
    }
  }

  @Kind(durable = false, mailboxCapacityMessages = 2)
  @Exposed
  static class Narrow extends Appending {}

  @Kind(durable = false, mailboxCapacityMessages = 2, overflow = Overflow.DROP_OLDEST)
  @Exposed
  static class NarrowOldest extends Appending {}

  @Kind(durable = false, mailboxCapacityMessages = 2, overflow = Overflow.WAIT)
  @Exposed
  static class NarrowWait extends Appending {}

  @Exposed
  static class Courier extends Actor {
    long sent;

    private void tell(String to, long amount, Context context) {
      context.tell(context.actor(Counter.class, to), Counter::add, amount);
    }

    @Handler
    long send(Parcel message, Context context) {
      tell(message.to, message.amount, context);
      return ++sent;
    }

    @Handler
    long sendThenFail(Parcel message, Context context) {
      send(message, context);
      throw new IllegalStateException("boom");
    }

    @Handler
    long sendSlowly(SlowParcel message, Context context) throws InterruptedException {
      tell(message.to, message.amount, context);
      sent++;
      Tables.pass(message.gate, context);
      return sent;
    }

    @Handler
    long sendMany(Parcels message, Context context) {
      for (int i = 0; i < message.count; i++) {
        tell(message.to, message.amount, context);
      }
      sent += message.count;
      return sent;
    }

    @Handler
    long writeMany(Letters message, Context context) {
      for (int i = 0; i < message.count; i++) {
        context.tell(context.actor(Journal.class, message.to), Journal::append, message.prefix + i);
      }
      sent += message.count;
      return sent;
    }

    @Handler
    void sign(String key, Context context) {
      context.tell(context.actor(Journal.class, key), Journal::appendSender);
    }

    @Handler
    void tellScratch(Parcel message, Context context) {
      context.tell(context.actor(Scratch.class, message.to), Scratch::add, message.amount);
    }

    @Handler
    long ask(Parcel message, Context context) {
      long answer = context.actor(Counter.class, message.to).call(Counter::add, message.amount);
      sent++;
      return answer;
    }

    @Handler
    String askFailing(To message, Context context) {
      try {
        context.actor(Counter.class, message.to).call(Counter::addThenFail, 1L);
        return "no error";
      } catch (EveractException e) {
        sent++;
        return e.errorName();
      }
    }

    @Handler
    long askSlowly(ToGate message, Context context) {
      AddSlowly slowly = new AddSlowly(1, message.gate);
      return context.actor(Counter.class, message.to).call(Counter::addSlowly, slowly);
    }

    @Handler(readOnly = true)
    long sent() {
      return sent;
    }

    record Delivery(String to, String handler, List<String> texts) {}

    @Handler
    long deliver(Delivery message, Context context) {
      for (String text : message.texts) {
        context.tell(context.actor(Collector.class, message.to), message.handler, text);
      }
      sent += message.texts.size();
      return sent;
    }

    record Trip(String to, String trip) {}

    @Handler
    long deliverMetadata(Trip message, Context context) {
      Reference<Collector> to = context.actor(Collector.class, message.to);
      context.tell(to.withMetadata(Metadata.of("x-trip", message.trip)), Collector::takeMetadata);
      return ++sent;
    }

    @Handler
    long post(Parcels message, Context context) {
      for (int i = 0; i < message.count; i++) {
        context.tell(context.actor("edition", message.to), "add", message.amount);
      }
      sent += message.count;
      return sent;
    }

    record Behind(long amount, String gate) {}

    @Handler
    long postBehind(ToGate message, Context context) {
      context.tell(context.actor("edition", message.to), "add_behind", new Behind(1, message.gate));
      return ++sent;
    }
  }

  @Exposed
  static class Link extends Actor {
    long visits;

    private List<String> visited(Visit message, String handler, Context context) {
      visits++;
      List<String> keys = new ArrayList<>(List.of(context.key()));
      if (!message.path.isEmpty()) {
        Visit rest = new Visit(message.path.subList(1, message.path.size()), false);
        String next = message.path.get(0);
        keys.addAll(
            handler.equals("visit")
                ? context.actor(Link.class, next).call(Link::visit, rest)
                : context.actor(Link.class, next).call(Link::visitAgain, rest));
      }
      if (message.fail) {
        throw new IllegalStateException("boom");
      }
      return keys;
    }

    @Handler
    List<String> visit(Visit message, Context context) {
      return visited(message, "visit", context);
    }

    @Handler(reentrant = true)
    List<String> visitAgain(Visit message, Context context) {
      return visited(message, "visit_again", context);
    }

    @Handler(readOnly = true)
    long visits() {
      return visits;
    }
  }

  @Kind(idleTimeoutMs = 150)
  @Exposed
  static class Sleeper extends Actor {
    long value;
    long activations;
    long passivations;

    @Override
    protected void activated(Context context) {
      activations++;
      Tables.note("activated sleeper/" + context.key());
    }

    @Override
    protected void passivating(Context context) {
      passivations++;
      Tables.note("passivating sleeper/" + context.key());
    }

    @Handler
    long add(long amount) {
      value += amount;
      return value;
    }

    @Handler(readOnly = true)
    Report report() {
      return new Report(value, activations, passivations);
    }

    @Handler
    void leave(Context context) {
      context.passivate();
    }
  }

  @Kind(durable = false, idleTimeoutMs = 150)
  @Exposed
  static class Nap extends Actor {
    long value;

    @Override
    protected void passivating(Context context) {
      Tables.note("passivating nap/" + context.key());
    }

    @Handler
    long add(long amount) {
      value += amount;
      return value;
    }

    @Handler(readOnly = true)
    long get() {
      return value;
    }
  }

  @Kind(durable = false)
  @Exposed
  static class Echo extends Actor {
    @Handler
    JsonNode echo(JsonNode message) {
      return message;
    }

    @Handler
    byte[] bytes(byte[] message) {
      return message;
    }

    @Handler
    byte[] make(int count) {
      return Messages.pattern(count);
    }

    @Handler
    String greet(Greeting message) {
      Tables.note("greet");
      return message.name + " is " + message.age;
    }

    @Handler
    void nothing() {}

    @Handler
    String address(Context context) {
      return context.kind() + "/" + context.key();
    }

    @Handler
    void fail(String text) {
      throw new IllegalStateException(text);
    }

    @Handler
    void spin(long ms) {
      long end = System.nanoTime() + ms * 1_000_000;
      while (System.nanoTime() < end) {
        Thread.onSpinWait();
      }
    }
  }

  @Exposed
  static class Dice extends Actor {
    long rolls;

    @Handler
    Roll roll(Context context) throws InterruptedException {
      rolls++;
      long before = context.now().toEpochMilli();
      List<String> ids = List.of(context.newId().toString(), context.newId().toString());
      List<Double> randoms = List.of(context.random(), context.random());
      Thread.sleep(20);
      return new Roll(before, ids, randoms, context.now().toEpochMilli(), rolls);
    }
  }
}
