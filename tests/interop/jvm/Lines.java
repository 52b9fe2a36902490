// What a story prints, for whoever compares the stories of all languages.
package interop;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/** A JSON object a line, in UTF-8 whatever the locale is. */
final class Lines {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Lines() {}

  static void print(String step, Map<String, ?> found) throws IOException {
    Map<String, Object> line = new TreeMap<>(found);
    line.put("step", step);
    System.out.write(JSON.writeValueAsBytes(line));
    System.out.println();
  }
}
