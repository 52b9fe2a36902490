// Actors with state of every declared type, and what does not belong there (docs/reference/data-model.md).
package conformance;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.everact.Actor;
import dev.everact.Context;
import dev.everact.Handler;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** The kinds typed and record. */
final class TypedKinds {
  static final List<Class<? extends Actor>> KINDS = List.of(Typed.class, Record.class);

  private TypedKinds() {}

  record Shown(long count, double ratio, String title, List<String> tags, Instant when, Object free) {}

  static class Typed extends Actor {
    long count;
    double ratio = 0.5;
    String title = "";
    List<String> tags = new ArrayList<>();
    Instant when = Instant.EPOCH;
    Object free;

    @Handler
    void assign(String way) {
      put(way);
    }

    @Handler
    void assignThenFail(String way) {
      put(way);
      throw new IllegalStateException("boom");
    }

    @Handler(readOnly = true)
    void assignReadOnly(String way) {
      put(way);
    }

    @Handler
    @SuppressWarnings("unchecked")
    void grow() {
      ((List<Object>) ((List<Object>) free).get(0)).add(1);
    }

    @Handler(readOnly = true)
    Shown show() {
      return new Shown(count, ratio, title, tags, when, free);
    }

    @Handler(readOnly = true)
    long revision(Context context) {
      return context.revision();
    }

    @Handler
    void leave(Context context) {
      context.passivate();
    }

    private void put(String way) {
      switch (way) {
        case "fine" -> fine();
        case "nothing" -> title = String.valueOf(title);
        case "wrong_type" -> spoilTags(5);
        case "wrong_type_inside" -> {
          tags = new ArrayList<>(List.of("a"));
          spoilTags(7);
        }
        case "missing" -> title = null;
        case "nan" -> ratio = Double.NaN;
        case "infinity" -> ratio = Double.NEGATIVE_INFINITY;
        case "not_unicode" -> title = Culprits.LONE;
        case "time_out_of_range" -> when = Instant.MAX;
        default -> free = freely(way);
      }
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private void spoilTags(int number) {
      ((List) tags).add(number);
    }

    private void fine() {
      count = 9007199254740993L;
      ratio = 1.5;
      title = "ok";
      tags = new ArrayList<>(List.of("a", "b"));
      when = Instant.parse("2026-01-02T03:04:05.678Z");
      free = new HashMap<>(Map.of("a", new ArrayList<>(Arrays.asList(1, null, true, "x"))));
    }
  }

  private static Object freely(String way) {
    return switch (way) {
      case "shared" -> {
        List<Object> held = new ArrayList<>();
        yield new ArrayList<>(List.of((Object) held, held));
      }
      case "set_in_free" -> new LinkedHashSet<>(List.of("a", "b"));
      case "map_in_free" -> new LinkedHashMap<>(Map.of("a", 1));
      case "time_in_free" -> Instant.ofEpochSecond(777_600, 5000);
      case "bytes_in_free" -> new byte[] {0, -1};
      case "tuple_in_free" -> new Object[] {1, "a"};
      case "nan_inside" -> Map.of("a", List.of(1, Double.NaN));
      case "cycle" -> Culprits.cycle();
      case "not_unicode_key" -> Map.of(Culprits.LONE, 1);
      case "not_data" -> Thread.currentThread();
      case "odd_keys" -> Map.of(List.of(1, 2), 3);
      case "too_deep" -> Culprits.levels(200);
      case "integer_too_big" -> BigInteger.ONE.shiftLeft(63);
      default -> throw new IllegalArgumentException("no way " + way);
    };
  }

  enum Color {
    @JsonProperty("red")
    RED,
    @JsonProperty("green")
    GREEN,
    @JsonProperty("blue")
    BLUE
  }

  record Home(String street, int zip) {}

  record Fields(
      boolean flag,
      long big,
      double ratio,
      String name,
      byte[] blob,
      BigDecimal price,
      Instant at,
      Duration took,
      UUID id,
      Color color,
      Set<String> tags,
      Map<String, Long> scores,
      Map<Long, String> byNumber,
      Optional<String> note,
      Home home,
      List<Home> homes,
      Optional<Home> secondHome) {}

  static class Record extends Actor {
    boolean flag;
    long big;
    double ratio;
    String name = "";
    byte[] blob = {};
    BigDecimal price = BigDecimal.ZERO;
    Instant at = Instant.EPOCH;
    Duration took = Duration.ZERO;
    UUID id = new UUID(0, 0);
    Color color = Color.RED;
    Set<String> tags = new LinkedHashSet<>();
    Map<String, Long> scores = new LinkedHashMap<>();
    Map<Long, String> byNumber = new LinkedHashMap<>();
    Optional<String> note = Optional.empty();
    Home home = new Home("", 0);
    List<Home> homes = new ArrayList<>();
    Optional<Home> secondHome = Optional.empty();

    @Handler
    void put(Fields fields) {
      flag = fields.flag;
      big = fields.big;
      ratio = fields.ratio;
      name = fields.name;
      blob = fields.blob;
      price = fields.price;
      at = fields.at;
      took = fields.took;
      id = fields.id;
      color = fields.color;
      tags = fields.tags;
      scores = fields.scores;
      byNumber = fields.byNumber;
      note = fields.note;
      home = fields.home;
      homes = fields.homes;
      secondHome = fields.secondHome;
    }

    @Handler(readOnly = true)
    Fields show() {
      return new Fields(
          flag, big, ratio, name, blob, price, at, took, id, color, tags, scores, byNumber, note, home, homes, secondHome);
    }

    @Handler
    long addBig(long amount) {
      big += amount;
      return big;
    }

    @Handler
    void leave(Context context) {
      context.passivate();
    }
  }
}
