// Processes with handlers: spawned, told, asked, tied, ended, named and grouped.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.everact.errors.HandlerFailedException;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.NameTakenException;
import dev.everact.errors.NoProcessException;
import dev.everact.errors.UnknownKindException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ProcessTest {
  record Note(String from, String text) {}

  /** What processes of a test have to say. */
  static final BlockingQueue<Object> SAID = new LinkedBlockingQueue<>();

  static class Counter extends HandlerProcess {
    int count;
    ProcessRef<Counter> next;
    transient int quick;

    @Override
    protected void activated(Context context) {
      if (count < 0) {
        throw new IllegalStateException("a negative count");
      }
    }

    @Override
    protected void onExit(Exit exit, Context context) {
      SAID.add(exit);
    }

    @Override
    protected void onDown(Down down, Context context) {
      SAID.add(down);
    }

    @Override
    protected void onGroup(GroupChange change, Context context) {
      SAID.add(change);
    }

    @Handler
    int add(int more) {
      count += more;
      return count;
    }

    @Handler
    int get() {
      return count;
    }

    @Handler
    void addToNext(int more) {
      next.tell(Counter::add, more);
    }

    /** Several tells, a question in between, and one more tell: the order is that of sending. */
    @Handler
    List<Integer> inOrder() {
      List<Integer> seen = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        next.tell(Counter::add, 1);
        seen.add(next.call(Counter::get));
      }
      next.tell(Counter::add, 10);
      return seen;
    }

    @Handler
    int tellMany(int times) {
      for (int i = 0; i < times; i++) {
        next.tell(Counter::add, 1);
      }
      return next.call(Counter::get);
    }

    @Handler
    void tellAndFail() {
      next.tell(Counter::add, 7);
      throw new IllegalStateException("no");
    }

    @Handler
    void fail(String text) {
      throw new IllegalStateException(text);
    }

    @Handler
    int refuse() throws Refused {
      throw new Refused();
    }

    @Handler
    int leave(String why, Context context) {
      throw context.exit(ExitReason.custom(why));
    }

    @Handler
    boolean trap(boolean on, Context context) {
      return context.trapExits(on);
    }

    @Handler
    void linkTo(ProcessRef<Counter> other, Context context) {
      context.link(other);
    }

    @Handler
    long watch(ProcessRef<Counter> other, Context context) {
      return context.monitor(other).number();
    }

    @Handler
    void linkToBoss(String key, Context context) {
      context.link(context.actor(Boss.class, key));
    }

    @Handler
    boolean unwatch(long monitor, Context context) {
      return context.demonitor(new Monitor(monitor), true);
    }

    @Handler
    ProcessRef<Counter> child(int count, Context context) {
      return context.spawnLink(Counter.class, it -> it.count = count);
    }

    @Handler
    ProcessRef<Counter> watched(Context context) {
      return context.spawnMonitor(Spawn.of(Counter.class)).process();
    }

    @Handler
    int watchGroup(String group, Context context) {
      return context.monitorGroup(group).members().size();
    }

    @Handler
    void sender(Context context) {
      SAID.add(context.senderProcess());
    }

    @Handler
    void greet() {
      next.tell(Counter::sender);
    }
  }

  @ApplicationError(status = 409)
  static class Refused extends ApplicationException {
    private static final long serialVersionUID = 1L;

    Refused() {
      super("not now");
    }
  }

  /** An actor that does the same to processes. */
  @Kind(durable = false)
  static class Boss extends Actor {
    @Override
    protected void onDown(Down down, Context context) {
      SAID.add(down);
    }

    @Handler
    void tell(ProcessRef<Counter> to) {
      to.tell(Counter::add, 5);
    }

    @Handler
    void tellAndFail(ProcessRef<Counter> to) {
      to.tell(Counter::add, 5);
      throw new IllegalStateException("no");
    }

    @Handler
    int ask(ProcessRef<Counter> to) {
      return to.call(Counter::get);
    }

    @Handler
    void watch(ProcessRef<Counter> to, Context context) {
      context.monitor(to);
    }

    @Handler
    void leave(Context context) {
      throw context.exit(ExitReason.NORMAL);
    }
  }

  private final Engine engine = Engine.inMemory(Counter.class, Boss.class);

  @AfterEach
  void close() {
    engine.close();
    SAID.clear();
  }

  private static Object said() throws InterruptedException {
    Object said = SAID.poll(10, TimeUnit.SECONDS);
    assertTrue(said != null, "nothing was said");
    return said;
  }

  private ProcessRef<Counter> counter() {
    return engine.spawn(Counter.class);
  }

  private ProcessRef<Counter> counter(ProcessRef<Counter> next) {
    return engine.spawn(Counter.class, it -> it.next = next);
  }

  @Test
  void aProcessBeginsWithTheFieldsThatItWasGiven() {
    ProcessRef<Counter> counter = engine.spawn(Counter.class, it -> it.count = 5);
    assertEquals(7, counter.call(Counter::add, 2));
    assertEquals(7, counter.ask(Counter::get).join());
    counter.tell(Counter::add, 1);
    assertEquals(8, counter.call(Counter::get));
    assertEquals(0, counter().call(Counter::get));
  }

  @Test
  void referencesTravelAsTextsAndAreEqualByTheirNumber() {
    ProcessRef<Counter> last = counter();
    ProcessRef<Counter> first = counter(last);
    first.call(Counter::addToNext, 3);
    assertEquals(3, last.call(Counter::get));
    assertEquals("counter/" + Long.toUnsignedString(last.number()), last.toString());
    assertEquals(last, last.withDeadline(java.time.Duration.ofSeconds(1)));
    assertFalse(first.equals(last));
    assertThrows(
        InvalidArgumentException.class, () -> ExitReason.custom(Map.of("x", new Object())));
  }

  @Test
  void whatAProcessTellsLeavesInItsOrderAlsoIfItFails() throws Exception {
    ProcessRef<Counter> last = counter();
    assertEquals(List.of(1, 2, 3), counter(last).call(Counter::inOrder));
    assertEquals(13, last.call(Counter::get));
    assertEquals(10_013, counter(last).call(Counter::tellMany, 10_000));
    ProcessRef<Counter> failing = counter(last);
    assertThrows(HandlerFailedException.class, () -> failing.call(Counter::tellAndFail));
    assertEquals(10_020, last.call(Counter::get));
  }

  @Test
  void aHandlerThatThrowsEndsItsProcessWithNameTextAndStack() throws Exception {
    ProcessRef<Counter> counter = counter();
    HandlerFailedException failed =
        assertThrows(HandlerFailedException.class, () -> counter.call(Counter::fail, "boom"));
    assertEquals("IllegalStateException: boom", failed.getMessage());
    ExitReason.Failed gone =
        assertInstanceOf(ExitReason.Failed.class, counter.ended().get(5, TimeUnit.SECONDS));
    assertEquals("IllegalStateException: boom", gone.text());
    assertFalse(counter.isAlive());
    assertThrows(NoProcessException.class, () -> counter.call(Counter::get));
    counter.tell(Counter::add, 1);

    ProcessRef<Counter> watched = counter();
    var ended = watched.ended();
    watched.tell(Counter::fail, "later");
    ExitReason.Failed why = assertInstanceOf(ExitReason.Failed.class, ended.join());
    assertEquals("IllegalStateException", why.name());
    assertEquals("IllegalStateException: later", why.text());
    assertTrue(why.stack().contains("ProcessTest"), why.stack());
  }

  @Test
  void anApplicationsOwnRefusalIsAnAnswerAndEndsNothing() {
    ProcessRef<Counter> counter = counter();
    assertThrows(Refused.class, () -> counter.call(Counter::refuse));
    assertTrue(counter.isAlive());
  }

  @Test
  void aProcessEndsItselfAndWhoeverAskedHearsOfIt() {
    ProcessRef<Counter> counter = counter();
    var ended = counter.ended();
    NoProcessException gone =
        assertThrows(NoProcessException.class, () -> counter.call(Counter::leave, "done"));
    assertTrue(gone.getMessage().contains("done"), gone.getMessage());
    assertEquals(ExitReason.custom("done"), ended.join());
    ProcessRef<Counter> told = counter();
    var toldEnded = told.ended();
    told.tell(Counter::leave, "bye");
    assertEquals(new ExitReason.Custom("bye"), toldEnded.join());
  }

  @Test
  void aHookThatFailsEndsTheProcess() {
    ProcessRef<Counter> bad = engine.spawn(Counter.class, it -> it.count = -1);
    assertThrows(NoProcessException.class, () -> bad.call(Counter::get));
  }

  @Test
  void linksCarryExitsAndTrapsMakeMessagesOfThem() throws Exception {
    ProcessRef<Counter> one = counter();
    ProcessRef<Counter> other = counter();
    ProcessRef<Counter> trapping = counter();
    assertFalse(trapping.call(Counter::trap, true));
    assertTrue(trapping.call(Counter::trap, true));
    one.call(Counter::linkTo, other);
    trapping.call(Counter::linkTo, other);
    var ended = one.ended();
    other.exit(ExitReason.custom(Map.of("code", 7)));
    assertEquals(ExitReason.custom(Map.of("code", 7)), ended.join());
    Exit exit = (Exit) said();
    assertEquals(other, exit.from());
    assertEquals(new ExitReason.Custom(Map.of("code", 7)), exit.reason());
    trapping.kill();
    assertFalse(trapping.isAlive());
  }

  @Test
  void aChildIsLinkedFromItsBeginningAndAWatchTellsOnce() throws Exception {
    ProcessRef<Counter> parent = counter();
    ProcessRef<Counter> child = parent.call(Counter::child, 4);
    assertEquals(4, child.call(Counter::get));
    var ended = child.ended();
    parent.exit(ExitReason.SHUTDOWN);
    assertEquals(ExitReason.SHUTDOWN, ended.join());

    ProcessRef<Counter> watcher = counter();
    ProcessRef<Counter> watched = watcher.call(Counter::watched);
    long monitor = watcher.call(Counter::watch, watched);
    assertTrue(watcher.call(Counter::unwatch, monitor));
    watched.exit(ExitReason.shutdown("enough"));
    Down down = (Down) said();
    assertEquals(watched, down.from());
    assertEquals(watched.kind(), down.from().kind());
    assertEquals(ExitReason.shutdown("enough"), down.reason());
    watcher.call(Counter::watch, watched);
    assertInstanceOf(ExitReason.NoProcess.class, ((Down) said()).reason());
    assertEquals(0, watcher.call(Counter::get));
    assertTrue(SAID.isEmpty());
  }

  @Test
  void namesAreUniqueAndVanishWithTheirOwner() {
    ProcessRef<Counter> one = engine.spawn(Spawn.of(Counter.class).named("one"));
    assertEquals(Optional.of(one), engine.whereis("one"));
    assertEquals(0, engine.whereis("one").orElseThrow().cast(Counter.class).call(Counter::get));
    assertThrows(
        NameTakenException.class, () -> engine.spawn(Spawn.of(Counter.class).named("one")));
    ProcessRef<Counter> two = counter();
    assertThrows(NameTakenException.class, () -> engine.register("one", two));
    one.kill();
    engine.register("one", two);
    assertEquals(Optional.of(two), engine.unregister("one"));
    assertEquals(Optional.empty(), engine.whereis("one"));
    assertThrows(NoProcessException.class, () -> engine.register("late", one));
    assertThrows(
        InvalidArgumentException.class,
        () -> engine.spawn(Spawn.of(Counter.class).linked()),
        "there is nobody to be linked to");
  }

  @Test
  void groupsHaveMembersWhoAreToldAndWatchersWhoSeeThemComeAndGo() throws Exception {
    ProcessRef<Counter> watcher = counter();
    ProcessRef<Counter> one = counter();
    ProcessRef<Counter> two = counter();
    engine.join("room", one);
    assertEquals(1, watcher.call(Counter::watchGroup, "room"));
    engine.join("room", two);
    Joined joined = (Joined) said();
    assertEquals(two, joined.process());
    assertEquals("room", joined.group());
    assertEquals(1, joined.process().cast(Counter.class).call(Counter::add, 1));
    assertEquals(List.of(one, two), engine.members("room"));
    assertEquals(List.of("room"), engine.groups());
    assertEquals(2, engine.publish("room", "add", 4));
    assertEquals(4, one.call(Counter::get));
    assertEquals(5, two.call(Counter::get));
    assertEquals(0, engine.publish("room", "no_such_handler", 4));
    assertTrue(engine.leave("room", one));
    assertEquals(one, ((Left) said()).process());
    two.kill();
    assertEquals(two, ((Left) said()).process());
    assertEquals(List.of(), engine.members("room"));
  }

  @Test
  void anActorTellsProcessesWithItsCommitAndWatchesThem() throws Exception {
    ProcessRef<Counter> counter = counter();
    Reference<Boss> boss = engine.actor(Boss.class, "b");
    boss.call(Boss::tell, counter);
    assertEquals(5, boss.call(Boss::ask, counter));
    assertThrows(HandlerFailedException.class, () -> boss.call(Boss::tellAndFail, counter));
    assertEquals(5, counter.call(Counter::get));
    boss.call(Boss::watch, counter);
    counter.exit(ExitReason.SHUTDOWN);
    assertEquals(ExitReason.SHUTDOWN, ((Down) said()).reason());
    HandlerFailedException refused =
        assertThrows(HandlerFailedException.class, () -> boss.call(Boss::leave));
    assertTrue(refused.getMessage().contains("is no process"), refused.getMessage());
  }

  @Test
  void anActorIsStoppedAndWhoeverIsLinkedToItEnds() throws Exception {
    ProcessRef<Counter> counter = counter();
    Reference<Boss> boss = engine.actor(Boss.class, "b");
    assertEquals(0, boss.call(Boss::ask, counter));
    counter.call(Counter::linkToBoss, "b");
    var ended = counter.ended();
    engine.exit(boss, ExitReason.custom("stopped"));
    assertEquals(ExitReason.custom("stopped"), ended.get(5, TimeUnit.SECONDS));
    assertEquals(0, boss.call(Boss::ask, counter()), "its next message brings it back");
  }

  @Test
  void anActorIsToldLater() throws Exception {
    ProcessRef<Counter> counter = counter();
    Reference<Boss> boss = engine.actor(Boss.class, "later");
    boss.after(java.time.Duration.ofMillis(5)).tell(Boss::tell, counter);
    long end = System.nanoTime() + 10_000_000_000L;
    while (counter.call(Counter::get) != 5) {
      assertTrue(System.nanoTime() < end, "it was not told");
      Thread.sleep(1);
    }
  }

  @Test
  void theSenderOfAMessageIsKnown() throws Exception {
    ProcessRef<Counter> last = counter();
    ProcessRef<Counter> first = counter(last);
    first.tell(Counter::greet);
    assertEquals(Optional.of(first), said());
    last.tell(Counter::sender);
    assertEquals(Optional.empty(), said());
  }

  @Test
  void processesHaveNoKeysAndWhatIsNoProcessIsNotSpawned() {
    assertThrows(UnknownKindException.class, () -> engine.actor("counter", "a"));
    try (Engine other = Engine.inMemory(Boss.class)) {
      assertThrows(UnknownKindException.class, () -> other.spawn(Counter.class));
    }
  }

  @Test
  void anyReasonIsPassedOn() throws Exception {
    List<ExitReason> reasons =
        List.of(
            new ExitReason.Killed(),
            new ExitReason.NoProcess(),
            new ExitReason.Failed("Error", "Error: text", "stack"),
            ExitReason.shutdown(List.of(1, "a")));
    for (ExitReason reason : reasons) {
      ProcessRef<Counter> counter = counter();
      var ended = counter.ended();
      counter.exit(reason);
      assertEquals(reason, ended.get(5, TimeUnit.SECONDS));
      ProcessRef<Counter> trapping = counter();
      trapping.call(Counter::trap, true);
      trapping.exit(reason);
      assertEquals(reason, ((Exit) said()).reason());
    }
  }

  @Test
  void aProcessThatIsGoneLeavesNothing() throws Exception {
    long before = engine.stats().activations();
    List<ProcessRef<Counter>> all = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      ProcessRef<Counter> counter = counter();
      counter.call(Counter::add, 1);
      all.add(counter);
    }
    assertEquals(before + 1_000, engine.stats().activations());
    all.forEach(ProcessRef::kill);
    assertEquals(before, engine.stats().activations());
    assertEquals(0, all.get(0).host.activations());
  }
}
