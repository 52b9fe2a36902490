// The numbers of asks: always positive, always fresh, also where a slot's generations begin again.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AskIdsTest {
  static class Counter extends Actor {
    int value;

    @Handler
    int add(int amount) {
      return value += amount;
    }
  }

  @Test
  void numbersBeginAgainWhereTheLargestGenerationWasUsed() {
    PendingTable table = new PendingTable();
    table.age(Integer.MAX_VALUE - 3);
    long before = 0;
    for (int i = 0; i < 10; i++) {
      Pending ask = new BlockingAsk(null, null, Codec.NOTHING, null);
      long id = table.add(ask);
      assertTrue(id > 0, "number " + id);
      assertSame(ask, table.get(id));
      assertNull(table.get(before), "an old number finds nothing");
      assertSame(ask, table.remove(id));
      before = id;
    }
  }

  @Test
  void asksGoOnPastTheLargestGeneration() {
    try (Engine engine = Engine.inMemory(Counter.class)) {
      Reference<Counter> a = engine.actor(Counter.class, "a");
      a.host.pending.age(Integer.MAX_VALUE - 20);
      for (int i = 1; i <= 100; i += 2) {
        assertEquals(i, a.call(Counter::add, 1));
        assertEquals(i + 1, a.ask(Counter::add, 1).join());
      }
    }
  }
}
