// What the SDK says to its logger, for the scenarios that ask.
package conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Collects the log. */
final class Notices {
  private static final List<String> SAID = new ArrayList<>();

  /** Kept: the log manager holds it weakly. */
  private static final Logger LOGGER = Logger.getLogger("dev.everact");

  private Notices() {}

  static void collect() {
    SimpleFormatter formatter = new SimpleFormatter();
    LOGGER.addHandler(
        new Handler() {
          @Override
          public void publish(LogRecord logged) {
            synchronized (SAID) {
              SAID.add(formatter.formatMessage(logged));
            }
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        });
  }

  static int count(String part) {
    synchronized (SAID) {
      return (int) SAID.stream().filter(text -> text.contains(part)).count();
    }
  }
}
