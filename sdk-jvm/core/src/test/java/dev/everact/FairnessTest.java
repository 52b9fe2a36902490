// A hundred actors that never run dry hold nobody up.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.everact.internal.Port;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FairnessTest {
  private static final int BUSY = 100;
  private static final Semaphore HEARD = new Semaphore(0);
  private static volatile boolean over;

  @Kind(durable = false)
  static class Spinner extends Actor {
    @Handler
    void spin(Context context) {
      if (!over) {
        context.tell(context.actor(Spinner.class, context.key()), Spinner::spin);
      }
    }
  }

  @Kind(durable = false)
  static class Pong extends Actor {
    @Handler
    int ping() {
      return 1;
    }

    @Handler
    void told() {
      HEARD.release();
    }
  }

  private static JsonNode command(Engine engine, String topic, int key) throws Exception {
    String asked = "{\"topic\":\"" + topic + "\",\"kind\":\"spinner\",\"key\":\"" + key + "\"}";
    return Stats.MAPPER.readTree(Port.describe(engine.processHost().engine, asked));
  }

  private static long turns(Engine engine, int key) throws Exception {
    return command(engine, "inspect", key).get("turns").asLong();
  }

  @Test
  void asksTellsAndCommandsOvertakeAHundredActorsThatNeverRunDry() throws Exception {
    over = false;
    try (Engine engine = Engine.inMemory(Spinner.class, Pong.class)) {
      for (int key = 0; key < BUSY; key++) {
        engine.actor(Spinner.class, Integer.toString(key)).tell(Spinner::spin).join();
      }
      Reference<Pong> pong = engine.actor(Pong.class, "pong");
      for (int i = 0; i < 20; i++) {
        assertEquals(1, pong.call(Pong::ping));
        pong.tell(Pong::told);
        assertTrue(HEARD.tryAcquire(5, TimeUnit.SECONDS), "a told message waits behind the others");
      }
      long[] before = new long[BUSY];
      for (int key = 0; key < BUSY; key++) {
        before[key] = turns(engine, key);
      }
      long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
      for (int key = 0; key < BUSY; key++) {
        while (turns(engine, key) == before[key]) {
          assertTrue(System.nanoTime() < limit, "spinner/" + key + " waits for ever");
          Thread.sleep(1);
        }
      }
      assertTrue(command(engine, "suspend", 7).get("suspended").asBoolean());
      Thread.sleep(50);
      long stopped = turns(engine, 7);
      Thread.sleep(50);
      assertEquals(stopped, turns(engine, 7));
      assertTrue(command(engine, "exit", 7).get("active").asBoolean());
      while (command(engine, "inspect", 7).get("active").asBoolean()) {
        assertTrue(System.nanoTime() < limit);
        Thread.sleep(1);
      }
      over = true;
    }
    assertFalse(HEARD.tryAcquire());
  }
}
