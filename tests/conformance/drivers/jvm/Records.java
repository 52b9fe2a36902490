// The catalogue, every type of the data model: record.
package conformance;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.everact.Actor;
import dev.everact.Context;
import dev.everact.Exposed;
import dev.everact.Handler;
import dev.everact.Kind;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** One field of each type. */
@Exposed
@Kind(name = "record")
class Records extends Actor {
  /** By their names on the wire. */
  enum Color {
    @JsonProperty("red")
    RED,
    @JsonProperty("green")
    GREEN,
    @JsonProperty("blue")
    BLUE
  }

  record Home(String street, long zip) {}

  record All(
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
  void put(All message) {
    flag = message.flag;
    big = message.big;
    ratio = message.ratio;
    name = message.name;
    blob = message.blob;
    price = message.price;
    at = message.at;
    took = message.took;
    id = message.id;
    color = message.color;
    tags = message.tags;
    scores = message.scores;
    byNumber = message.byNumber;
    note = message.note;
    home = message.home;
    homes = message.homes;
    secondHome = message.secondHome;
  }

  @Handler(readOnly = true)
  All show() {
    return new All(
        flag, big, ratio, name, blob, price, at, took, id, color, tags, scores, byNumber, note, home,
        homes, secondHome);
  }

  @Handler
  long addBig(long amount) {
    return big += amount;
  }

  @Handler
  void leave(Context context) {
    context.passivate();
  }
}
