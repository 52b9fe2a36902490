// Activations come and go on several threads.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

class ActivationTableTest {
  private final ActivationTable table = new ActivationTable();

  private static long id(int generation) {
    return 3L << 56 | (long) generation << 32 | 5;
  }

  private static Activation of(int generation) {
    return new Activation(id(generation), null, "key", null);
  }

  @Test
  void oneThatIsForgottenBeforeItsFirstTurnLeavesNothing() {
    table.remove(id(1));
    table.put(of(1));
    assertNull(table.get(id(1)));
    assertEquals(0, table.count());
    Activation later = of(2);
    table.put(later);
    assertSame(later, table.get(id(2)));
    table.remove(id(2));
    assertEquals(0, table.count());
  }

  @Test
  void aLaterOneInTheSameSlotStays() {
    Activation later = of(2);
    table.put(later);
    table.remove(id(1));
    assertSame(later, table.get(id(2)));
    table.put(of(1));
    assertSame(later, table.get(id(2)), "its first turn came late");
    assertEquals(1, table.count());
  }

  @Test
  void generationsBeginAnewAfterTheLast() {
    table.put(of(0xFFFFFF));
    Activation first = of(0);
    table.put(first);
    assertSame(first, table.get(id(0)));
    table.remove(id(0xFFFFFF));
    assertEquals(1, table.count());
  }
}
