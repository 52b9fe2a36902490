// What the SDK logs, counted.
package conformance;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Keeps the texts of the SDK's logger, which is java.util.logging's where no other one is configured. */
final class Notices {
  private static final List<String> TEXTS = new CopyOnWriteArrayList<>();

  /** Held, or the handler would go with the logger. */
  private static final Logger LOGGER = Logger.getLogger("dev.everact");

  private Notices() {}

  static void listen() {
    SimpleFormatter formatter = new SimpleFormatter();
    LOGGER.addHandler(
        new Handler() {
          @Override
          public void publish(LogRecord logged) {
            TEXTS.add(formatter.formatMessage(logged));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        });
  }

  static long count(String contained) {
    return TEXTS.stream().filter(text -> text.contains(contained)).count();
  }
}
