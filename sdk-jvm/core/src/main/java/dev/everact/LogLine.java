// A line of the core's own diagnostics, as loggers get it: its text, and its fields as an argument.
package dev.everact;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.AbstractMap;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The fields of a line, with the event's name as {@code event}; as text it is the whole line. */
final class LogLine extends AbstractMap<String, Object> {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final String text;
  private final Map<String, Object> fields;

  private LogLine(String text, Map<String, Object> fields) {
    this.text = text;
    this.fields = fields;
  }

  /**
   * Logs a line where the logger takes its level. The record's message is one placeholder and its
   * argument the line: what formats gets the text, what looks for arguments the fields. SLF4J's
   * bridge formats once more in its own way, so a text with its placeholder has no argument.
   *
   * @param number the core's level: 1 error to 5 trace
   * @param json what the core says
   */
  static void log(int number, String json) {
    System.Logger.Level level = level(number);
    if (!Log.get().isLoggable(level)) {
      return;
    }
    LogLine line = of(json);
    if (line.text.contains("{}")) {
      Log.get().log(level, line.text);
    } else {
      Log.get().log(level, "{0}", line);
    }
  }

  private static LogLine of(String json) {
    try {
      Parts parts = MAPPER.readValue(json, Parts.class);
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("event", parts.event());
      fields.putAll(parts.fields());
      return new LogLine(parts.text(), Collections.unmodifiableMap(fields));
    } catch (JsonProcessingException e) {
      return new LogLine(json, Map.of());
    }
  }

  private static System.Logger.Level level(int number) {
    return switch (number) {
      case 1 -> System.Logger.Level.ERROR;
      case 2 -> System.Logger.Level.WARNING;
      case 3 -> System.Logger.Level.INFO;
      case 4 -> System.Logger.Level.DEBUG;
      default -> System.Logger.Level.TRACE;
    };
  }

  /** What the core says. */
  private record Parts(String event, Map<String, Object> fields, String text) {}

  @Override
  public Set<Entry<String, Object>> entrySet() {
    return fields.entrySet();
  }

  @Override
  public String toString() {
    return text;
  }
}
