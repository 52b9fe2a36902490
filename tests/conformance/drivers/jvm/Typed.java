// The catalogue, a state of every sort and what cannot be in it: typed.
package conformance;

import dev.everact.Actor;
import dev.everact.Context;
import dev.everact.Exposed;
import dev.everact.Handler;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** State that is checked before it commits. */
@Exposed
class Typed extends Actor {
  private static final int TOO_DEEP_LEVELS = 200;
  private static final long BEYOND_DOUBLES = 9_007_199_254_740_993L;

  long count;
  double ratio = 0.5;
  String title = "";
  List<String> tags = new ArrayList<>();
  Instant when = Instant.EPOCH;
  Object free;


  @Handler
  void assign(String way) {
    set(way);
  }

  @Handler
  void assignThenFail(String way) {
    set(way);
    throw new IllegalStateException("boom");
  }

  @Handler(readOnly = true)
  void assignReadOnly(String way) {
    set(way);
  }

  @Handler
  @SuppressWarnings("unchecked") // Whatever list is there.
  void grow() {
    Object first =
        free instanceof Map<?, ?> map ? map.values().iterator().next() : ((List<?>) free).get(0);
    ((List<Object>) first).add(1);
  }

  @Handler(readOnly = true)
  Map<String, Object> show() {
    Map<String, Object> shown = new LinkedHashMap<>();
    shown.put("count", count);
    shown.put("ratio", ratio);
    shown.put("title", title);
    shown.put("tags", tags);
    shown.put("when", when);
    shown.put("free", free);
    return shown;
  }

  @Handler(readOnly = true)
  long revision(Context context) {
    return context.revision();
  }

  @Handler
  void leave(Context context) {
    context.passivate();
  }

  private void set(String way) {
    switch (way) {
      case "fine" -> {
        count = BEYOND_DOUBLES;
        ratio = 1.5;
        title = "ok";
        tags = new ArrayList<>(List.of("a", "b"));
        when = Instant.parse("2026-01-02T03:04:05.678Z");
        free = Map.of("a", Arrays.asList(1, null, true, "x"));
      }
      case "nothing" -> title = String.valueOf(title);
      case "shared" -> {
        List<Object> inner = new ArrayList<>();
        free = new ArrayList<>(List.of(inner, inner));
      }
      case "set_in_free" -> free = new HashSet<>(List.of("a", "b"));
      case "map_in_free" -> free = new HashMap<>(Map.of("a", 1));
      case "time_in_free" -> free = Instant.EPOCH;
      case "bytes_in_free" -> free = new byte[] {1, 2};
      case "tuple_in_free" -> free = new Object[] {1, 2};
      default -> setWrong(way);
    }
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // On purpose.
  private void setWrong(String way) {
    switch (way) {
      case "wrong_type" -> ((List) tags).add(5);
      case "wrong_type_inside" -> {
        tags.add("a");
        ((List) tags).add(5);
      }
      case "missing" -> title = null;
      case "nan" -> ratio = Double.NaN;
      case "infinity" -> ratio = Double.NEGATIVE_INFINITY;
      case "nan_inside" -> free = Map.of("a", List.of(1, Double.NaN));
      case "cycle" -> free = Culprits.unwritable("cycle");
      case "not_unicode" -> title = Culprits.NOT_UNICODE;
      case "not_unicode_key" -> free = Map.of(Culprits.NOT_UNICODE, 1);
      case "time_out_of_range" -> when = Instant.MAX;
      case "not_data" -> free = Thread.currentThread();
      case "odd_keys" -> free = Map.of(List.of(1, 2), 3);
      case "too_deep" -> free = Culprits.deep(TOO_DEEP_LEVELS);
      case "integer_too_big" -> free = BigInteger.TWO.pow(63);
      default -> throw new IllegalArgumentException(way);
    }
  }
}
