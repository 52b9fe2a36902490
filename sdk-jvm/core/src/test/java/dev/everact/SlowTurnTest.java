// A handler that takes long is named, with its stack.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SlowTurnTest {
  @Kind(durable = false)
  static class Dawdler extends Actor {
    @Handler
    int linger(int ms) throws InterruptedException {
      Thread.sleep(ms);
      return ms;
    }
  }

  @Test
  void aHandlerThatTakesLongIsNamedOnceWithItsStack() {
    List<String> said = Collections.synchronizedList(new ArrayList<>());
    Logger logger = Logger.getLogger("dev.everact");
    java.util.logging.Handler handler =
        new java.util.logging.Handler() {
          @Override
          public void publish(LogRecord entry) {
            said.add(entry.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.addHandler(handler);
    Options options = Options.inMemory().slowTurn(Duration.ofMillis(100));
    try (Engine engine = Engine.open(options, Dawdler.class)) {
      // By its caller's thread, and by the engine's.
      assertEquals(2500, engine.actor(Dawdler.class, "a b").call(Dawdler::linger, 2500));
      assertEquals(2500, engine.actor(Dawdler.class, "c").ask(Dawdler::linger, 2500).join());
    } finally {
      logger.removeHandler(handler);
    }
    for (String key : new String[] {"a b", "c"}) {
      String begin = "SlowTurn: dawdler/" + key + " linger has been open for ";
      List<String> own = said.stream().filter(line -> line.startsWith(begin)).toList();
      assertEquals(1, own.size(), said.toString());
      assertTrue(own.get(0).contains("SlowTurnTest$Dawdler.linger"), own.get(0));
      assertFalse(own.get(0).contains("dev.everact.Turn."), own.get(0));
    }
  }
}
