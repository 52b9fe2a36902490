// What is acknowledged can be read back, equal: every value either comes back after a restart as
// the next
// turn saw it, or its turn fails with InvalidState and the field's path.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.everact.errors.EveractException;
import dev.everact.errors.InvalidDeclarationException;
import dev.everact.errors.InvalidStateException;
import dev.everact.errors.ReadOnlyViolationException;
import dev.everact.errors.StateMismatchException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class StateTest {
  @TempDir Path folder;

  enum Color {
    RED,
    GREEN
  }

  record Point(int x, double y) {}

  record Line(String sku, Optional<String> note, List<String> tags, Instant at) {}

  static class Node {
    String name = "";
    List<Node> children = new ArrayList<>();
  }

  static class Wide extends Actor {
    int number;
    float single;
    double fraction;
    short tiny;
    char letter;
    String title = "";
    String none;
    byte[] bytes = {};
    int[] ints = {};
    BigDecimal price = BigDecimal.ZERO;
    BigInteger large = BigInteger.ZERO;
    UUID id = new UUID(0, 0);
    Instant at = Instant.EPOCH;
    LocalDate day = LocalDate.EPOCH;
    LocalDateTime local = LocalDateTime.of(2000, 1, 1, 0, 0);
    OffsetDateTime offset = OffsetDateTime.of(2000, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC);
    ZonedDateTime zoned = ZonedDateTime.of(2000, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC);
    Duration took = Duration.ZERO;
    Optional<String> maybe = Optional.empty();
    Color color = Color.RED;
    List<String> tags = new ArrayList<>();
    List<Double> doubles = new ArrayList<>();
    Set<String> set = new HashSet<>();
    Map<String, Integer> sorted = new TreeMap<>();
    Map<Long, String> byNumber = new LinkedHashMap<>();
    Map<Color, Integer> byColor = new EnumMap<>(Color.class);
    Map<String, List<Point>> points = new LinkedHashMap<>();
    List<Line> lines = new ArrayList<>();
    Locale locale = Locale.ROOT;
    Node tree = new Node();
    Object free;
    final List<String> filled = new ArrayList<>();
    transient Object unstored = new Object();
    @JsonIgnore Object ignored = new Object();

    @Handler
    void change(int number) {
      CHANGES.get(number).accept(this);
    }

    @Handler
    String show(int number, Context context) {
      return String.valueOf(VIEWS.get(number).apply(this));
    }

    @Handler(readOnly = true)
    String look(int number) {
      return String.valueOf(VIEWS.get(number).apply(this));
    }

    @Handler(readOnly = true)
    long revision(Context context) {
      return context.revision();
    }

    @Handler
    void leave(Context context) {
      context.passivate();
    }
  }

  private static final List<Consumer<Wide>> CHANGES = new ArrayList<>();
  private static final List<Function<Wide, Object>> VIEWS = new ArrayList<>();

  private static synchronized int change(Consumer<Wide> change) {
    CHANGES.add(change);
    return CHANGES.size() - 1;
  }

  private static synchronized int view(Function<Wide, Object> view) {
    VIEWS.add(view);
    return VIEWS.size() - 1;
  }

  /** The value that the next turn sees is the one that a restart reads. */
  private static void kept(Reference<Wide> a, Consumer<Wide> change, Function<Wide, Object> view) {
    a.call(Wide::change, change(change));
    int shown = view(wide -> described(view.apply(wide)));
    String before = a.call(Wide::look, shown);
    long revision = a.call(Wide::revision);
    a.call(Wide::leave);
    assertEquals(before, a.call(Wide::look, shown), "after it was out of memory");
    a.call(Wide::show, shown);
    assertEquals(revision, a.call(Wide::revision), "nothing changed, nothing is stored");
  }

  private static String described(Object value) {
    String text =
        value instanceof byte[] bytes
            ? Arrays.toString(bytes)
            : value instanceof int[] ints ? Arrays.toString(ints) : String.valueOf(value);
    return (value == null ? "" : value.getClass().getSimpleName()) + " " + text;
  }

  private static String refused(Reference<Wide> a, Consumer<Wide> change) {
    InvalidStateException refused =
        assertThrows(InvalidStateException.class, () -> a.call(Wide::change, change(change)));
    long revision = a.call(Wide::revision);
    a.call(Wide::change, change(wide -> {}));
    assertEquals(revision, a.call(Wide::revision), "nothing of it was committed");
    return refused.getMessage();
  }

  @Test
  void everyValueComesBack() {
    try (Engine engine = Engine.open(folder, Wide.class)) {
      Reference<Wide> a = engine.actor(Wide.class, "a");
      kept(a, wide -> wide.single = 1.1f, wide -> wide.single);
      kept(a, wide -> wide.fraction = -0.0, wide -> wide.fraction);
      kept(a, wide -> wide.tiny = Short.MIN_VALUE, wide -> wide.tiny);
      kept(a, wide -> wide.letter = 'ß', wide -> wide.letter);
      kept(a, wide -> wide.title = "\ud83d\ude42 \u0000 \"", wide -> wide.title);
      kept(a, wide -> wide.bytes = new byte[] {-1, 0, 1}, wide -> wide.bytes);
      kept(a, wide -> wide.ints = new int[] {3, 2}, wide -> wide.ints);
      kept(a, wide -> wide.price = new BigDecimal("1.10E+40"), wide -> wide.price);
      kept(a, wide -> wide.large = BigInteger.TEN.pow(900), wide -> wide.large);
      kept(a, wide -> wide.at = Instant.parse("2026-01-02T03:04:05.123456789Z"), wide -> wide.at);
      kept(a, wide -> wide.day = LocalDate.of(9999, 12, 31), wide -> wide.day);
      kept(a, wide -> wide.local = LocalDateTime.of(1, 1, 1, 0, 0), wide -> wide.local);
      OffsetDateTime hours = OffsetDateTime.parse("2026-01-02T03:04:05+05:30");
      kept(a, wide -> wide.offset = hours, wide -> wide.offset);
      kept(a, wide -> wide.zoned = hours.toZonedDateTime(), wide -> wide.zoned);
      kept(a, wide -> wide.took = Duration.ofNanos(-1_500_000_001), wide -> wide.took);
      kept(a, wide -> wide.maybe = Optional.of("x"), wide -> wide.maybe);
      kept(a, wide -> wide.maybe = Optional.empty(), wide -> wide.maybe);
      kept(a, wide -> wide.color = Color.GREEN, wide -> wide.color);
      kept(a, wide -> wide.none = "some", wide -> wide.none);
      kept(a, wide -> wide.none = null, wide -> wide.none);
      kept(a, wide -> wide.locale = Locale.GERMANY, wide -> wide.locale);
    }
  }

  @Test
  void collectionsKeepTheirClassAndTheirOrder() {
    try (Engine engine = Engine.open(folder, Wide.class)) {
      Reference<Wide> a = engine.actor(Wide.class, "a");
      kept(a, wide -> wide.tags = List.of("b", "a"), wide -> wide.tags);
      kept(a, wide -> wide.tags.add("c"), wide -> wide.tags);
      kept(a, wide -> wide.set.addAll(List.of("q", "b", "a")), wide -> wide.set);
      kept(a, wide -> wide.sorted.put("b", 1), wide -> wide.sorted);
      kept(a, wide -> wide.sorted.put("a", 1), wide -> wide.sorted);
      kept(a, wide -> wide.sorted = new HashMap<>(Map.of("z", 1, "y", 2)), wide -> wide.sorted);
      kept(a, wide -> wide.byNumber.put(-5L, "x"), wide -> wide.byNumber);
      kept(a, wide -> wide.byColor.put(Color.GREEN, 1), wide -> wide.byColor);
      kept(a, wide -> wide.byColor.put(Color.RED, 2), wide -> wide.byColor);
      kept(
          a,
          wide -> wide.points.put("p", List.of(new Point(1, 0.5), new Point(2, 1e300))),
          wide -> wide.points + "" + wide.points.get("p").getClass());
      Line line = new Line("s", Optional.of("n"), List.of("t"), Instant.EPOCH);
      kept(a, wide -> wide.lines = List.of(line), wide -> wide.lines);
      kept(a, wide -> wide.filled.add("x"), wide -> wide.filled);
      kept(
          a,
          wide -> {
            Node child = new Node();
            child.name = "c";
            // Twice the same object: two after a restart, and so two at once.
            wide.tree.children = List.of(child, child);
          },
          wide -> wide.tree.children.get(0) == wide.tree.children.get(1));
    }
  }

  @Test
  void aFieldWithoutATypeHoldsJson() {
    try (Engine engine = Engine.open(folder, Wide.class)) {
      Reference<Wide> a = engine.actor(Wide.class, "a");
      kept(
          a, wide -> wide.free = Map.of("a", Arrays.asList(1, null, true, "x")), wide -> wide.free);
      kept(a, wide -> wide.free = 5L, wide -> wide.free);
      kept(a, wide -> wide.free = 1L << 60, wide -> wide.free);
      kept(a, wide -> wide.free = 0.5, wide -> wide.free);
      List<Object> shared = new ArrayList<>();
      kept(
          a,
          wide -> wide.free = new ArrayList<>(List.of(shared, shared)),
          wide -> ((List<?>) wide.free).get(0) == ((List<?>) wide.free).get(1));
      for (Object wrong :
          new Object[] {
            Set.of(1),
            Instant.EPOCH,
            new byte[] {1},
            new Object(),
            1.5f,
            Thread.currentThread(),
            Map.of(List.of(1), 2),
            List.of(Map.of(1, 2)),
            BigInteger.TWO.pow(63),
            new Point(1, 2)
          }) {
        String said = refused(a, wide -> wide.free = wrong);
        assertTrue(said.startsWith("free"), said);
      }
    }
  }

  @Test
  void whatWouldNotComeBackIsRefusedByPath() {
    try (Engine engine = Engine.open(folder, Wide.class)) {
      Reference<Wide> a = engine.actor(Wide.class, "a");
      assertEquals(
          "fraction: NaN has no form in JSON", refused(a, wide -> wide.fraction = Double.NaN));
      assertEquals("single: NaN has no form in JSON", refused(a, wide -> wide.single = Float.NaN));
      assertEquals(
          "doubles[1]: Infinity has no form in JSON",
          refused(a, wide -> wide.doubles = List.of(1.0, Double.POSITIVE_INFINITY)));
      assertEquals(
          "points.p[0].y: NaN has no form in JSON",
          refused(a, wide -> wide.points.put("p", List.of(new Point(1, Double.NaN)))));
      assertEquals(
          "title: half a surrogate pair has no form in JSON",
          refused(a, wide -> wide.title = "a\ud800"));
      for (String half : List.of("a\ud800", "\udc00", "\ud800\ud800", "\ud800x")) {
        assertTrue(refused(a, wide -> wide.title = half).startsWith("title: "));
        assertTrue(refused(a, wide -> wide.tags.add(half)).startsWith("tags"));
        String key = refused(a, wide -> wide.sorted.put(half, 1));
        assertTrue(key.startsWith("sorted"), key);
      }
      assertTrue(refused(a, wide -> wide.letter = '\ud800').startsWith("letter: half"));
      assertTrue(refused(a, wide -> wide.at = Instant.MAX).startsWith("at: a time in the year"));
      assertTrue(refused(a, wide -> wide.at = Instant.MIN).startsWith("at: a time in the year"));
      Instant late = Instant.parse("+12024-01-01T00:00:00Z");
      assertTrue(refused(a, wide -> wide.at = late).startsWith("at: a time in the year 12024"));
      assertTrue(refused(a, wide -> wide.day = LocalDate.MAX).startsWith("day: "));
      ZonedDateTime berlin = ZonedDateTime.parse("2024-01-01T00:00+01:00[Europe/Berlin]");
      assertTrue(refused(a, wide -> wide.zoned = berlin).contains("Europe/Berlin"));
      OffsetDateTime seconds = OffsetDateTime.parse("2024-01-01T00:00+01:00:30");
      assertTrue(refused(a, wide -> wide.offset = seconds).startsWith("offset: "));
      assertTrue(refused(a, wide -> wide.large = BigInteger.TWO.pow(9999)).startsWith("large: "));
      assertTrue(refused(a, wide -> wide.title = null).startsWith("title: null"));
      assertTrue(refused(a, wide -> wide.maybe = null).startsWith("maybe: null"));
      assertTrue(refused(a, StateTest::pollute).startsWith("tags[1]"));
      assertTrue(refused(a, wide -> wide.tree.children.add(wide.tree)).startsWith("tree"));
      Map<String, Object> loop = new HashMap<>();
      loop.put("x", loop);
      assertTrue(refused(a, wide -> wide.free = loop).startsWith("free"));
      assertTrue(refused(a, wide -> wide.free = deep(200)).startsWith("free"));
    }
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // On purpose.
  private static void pollute(Wide wide) {
    wide.tags.add("good");
    ((List) wide.tags).add(5);
  }

  private static List<Object> deep(int levels) {
    return levels == 0 ? List.of() : List.of(deep(levels - 1));
  }

  // ---- declarations

  static class Streams extends Actor {
    java.io.InputStream in;
  }

  static class Named extends Actor {
    final String name = "x";
  }

  static class Ordered extends Actor {
    Map<String, Integer> map = new TreeMap<>(Comparator.reverseOrder());
  }

  static class ObjectKeys extends Actor {
    Map<Object, Integer> map = new HashMap<>();
  }

  interface Animal {}

  static class Abstract extends Actor {
    List<Animal> animals = new ArrayList<>();
  }

  static class NoWayBack {
    final int value;

    NoWayBack(int value) {
      this.value = value;
    }
  }

  static class OneWay extends Actor {
    NoWayBack value;
  }

  static class BadDefault extends Actor {
    double value = Double.NaN;
  }

  static class Annotated extends Actor {
    @com.fasterxml.jackson.annotation.JsonFormat(pattern = "yyyy")
    LocalDate day;
  }

  static class Immutable extends Actor {
    final List<String> tags = List.of();
  }

  @Test
  void whatCannotBeStoredIsFoundWhenAnEngineOpens() {
    for (Class<? extends Actor> bad :
        List.of(
            Streams.class,
            Named.class,
            Ordered.class,
            ObjectKeys.class,
            Abstract.class,
            OneWay.class,
            BadDefault.class,
            Annotated.class,
            Immutable.class)) {
      InvalidDeclarationException refused =
          assertThrows(
              InvalidDeclarationException.class, () -> Engine.inMemory(bad).close(), bad.getName());
      assertTrue(refused.getMessage().contains(bad.getSimpleName()), refused.getMessage());
    }
  }

  // ---- releases of one kind

  record Item1(String sku, int qty, String note) {}

  record Item2(String sku, int qty) {}

  record Item3(String sku, int qty, long added, Optional<String> color) {}

  @Kind(name = "shelf")
  static class Shelf1 extends Actor {
    long cents = 5;
    String legacy = "old";
    List<Item1> items = new ArrayList<>(List.of(new Item1("a", 1, "kept?")));
    Map<String, Item1> byName = new LinkedHashMap<>(Map.of("b", new Item1("b", 2, "too?")));

    @Handler
    void touch() {
      cents++;
    }

    @Handler(readOnly = true)
    String show() {
      return cents + legacy + items + byName;
    }
  }

  @Kind(name = "shelf")
  static class Shelf2 extends Actor {
    @Renamed("cents")
    long amount;

    List<Item2> items = new ArrayList<>();
    Map<String, Item2> byName = new LinkedHashMap<>();
    String added = "new";

    @Handler
    void touch() {
      amount++;
    }

    @Handler
    void nothing() {}

    @Handler(readOnly = true)
    String show(Context context) {
      return amount + added + items + byName + context.revision();
    }
  }

  @Kind(name = "shelf")
  static class Shelf3 extends Actor {
    @JsonAlias("cents")
    long amount;

    List<Item3> items = new ArrayList<>();

    @Handler(readOnly = true)
    String show() {
      return amount + items.toString();
    }
  }

  @Kind(name = "shelf")
  static class ShelfText extends Actor {
    String cents = "";

    @Handler(readOnly = true)
    String show() {
      return cents;
    }
  }

  @Test
  void aReleaseKeepsWhatItDoesNotKnow() {
    try (Engine engine = Engine.open(folder, Shelf1.class)) {
      engine.actor(Shelf1.class, "a").call(Shelf1::touch);
    }
    try (Engine engine = Engine.open(folder, Shelf2.class)) {
      Reference<Shelf2> a = engine.actor(Shelf2.class, "a");
      String items = "[Item2[sku=a, qty=1]]{b=Item2[sku=b, qty=2]}";
      assertEquals("6new" + items + "1", a.call(Shelf2::show));
      a.call(Shelf2::nothing);
      assertEquals("6new" + items + "1", a.call(Shelf2::show), "nothing is written");
      a.call(Shelf2::touch);
      assertEquals("7new" + items + "2", a.call(Shelf2::show));
    }
    try (Engine engine = Engine.open(folder, Shelf1.class)) {
      assertEquals(
          "5old[Item1[sku=a, qty=1, note=kept?]]{b=Item1[sku=b, qty=2, note=too?]}",
          engine.actor(Shelf1.class, "a").call(Shelf1::show),
          "the old release finds its fields, and its own name's default");
    }
  }

  @Test
  void aFieldOfARecordMayBeNew() {
    try (Engine engine = Engine.open(folder, Shelf1.class)) {
      engine.actor(Shelf1.class, "a").call(Shelf1::touch);
    }
    try (Engine engine = Engine.open(folder, Shelf3.class)) {
      assertEquals(
          "6[Item3[sku=a, qty=1, added=0, color=Optional.empty]]",
          engine.actor(Shelf3.class, "a").call(Shelf3::show));
    }
  }

  @Test
  void anotherTypeIsAMismatchAndNoDamage() {
    try (Engine engine = Engine.open(folder, Shelf1.class)) {
      engine.actor(Shelf1.class, "a").call(Shelf1::touch);
    }
    try (Engine engine = Engine.open(folder, ShelfText.class)) {
      StateMismatchException mismatch =
          assertThrows(
              StateMismatchException.class,
              () -> engine.actor(ShelfText.class, "a").call(ShelfText::show));
      assertTrue(mismatch.getMessage().contains("cents"), mismatch.getMessage());
    }
    try (Engine engine = Engine.open(folder, Shelf1.class)) {
      assertTrue(engine.actor(Shelf1.class, "a").call(Shelf1::show).startsWith("6old"));
    }
  }

  @Test
  void aReadOnlyHandlerThatAssignsIsFound() {
    try (Engine engine = Engine.open(folder, Wide.class)) {
      Reference<Wide> a = engine.actor(Wide.class, "a");
      int assigning =
          view(
              wide -> {
                wide.set.add("sneaked");
                return 1;
              });
      assertThrows(ReadOnlyViolationException.class, () -> a.call(Wide::look, assigning));
      EveractException wrong =
          assertThrows(
              EveractException.class,
              () -> a.call(Wide::look, view(wide -> wide.fraction = Double.NaN)));
      assertTrue(wrong.getMessage().contains("fraction"), wrong.getMessage());
      assertEquals("[]", a.call(Wide::look, view(wide -> wide.set)));
    }
  }

  static final List<String> SHARED = new ArrayList<>(List.of("x"));
  static final Map<String, List<Integer>> SHARED_BY =
      new LinkedHashMap<>(Map.of("a", new ArrayList<>(List.of(1))));
  static final byte[] SHARED_BYTES = {1};

  static class Basket extends Actor {
    List<String> names = SHARED;
    Map<String, List<Integer>> by = SHARED_BY;
    byte[] bytes = SHARED_BYTES;

    @Handler
    void fill() {
      names.add("mine");
      by.get("a").add(5);
      bytes[0] = 9;
    }

    @Handler
    void spoil() {
      fill();
      throw new IllegalStateException("spoilt");
    }

    @Handler(readOnly = true)
    String shown() {
      return names + "" + by + bytes[0];
    }
  }

  /** An earlier release, with one of the fields. */
  @Kind(name = "basket")
  static class OlderBasket extends Actor {
    List<String> names = new ArrayList<>();

    @Handler
    void fill() {
      names.add("old");
    }
  }

  @Test
  void defaultsThatAllActorsShareAreEachActorsOwn() {
    try (Engine engine = Engine.open(folder, OlderBasket.class)) {
      engine.actor(OlderBasket.class, "old").call(OlderBasket::fill);
    }
    String fresh = "[x]{a=[1]}1";
    String filled = "[x, mine]{a=[1, 5]}9";
    try (Engine engine = Engine.open(folder, Basket.class)) {
      engine.actor(Basket.class, "old").call(Basket::fill);
      assertEquals("[old, mine]{a=[1, 5]}9", engine.actor(Basket.class, "old").call(Basket::shown));
      assertThrows(
          EveractException.class, () -> engine.actor(Basket.class, "a").call(Basket::spoil));
      assertEquals(fresh, engine.actor(Basket.class, "b").call(Basket::shown));
      engine.actor(Basket.class, "a").call(Basket::fill);
      assertEquals(fresh, engine.actor(Basket.class, "b").call(Basket::shown));
      assertEquals(fresh, engine.actor(Basket.class, "c").call(Basket::shown));
      assertEquals(filled, engine.actor(Basket.class, "a").call(Basket::shown));
    }
    try (Engine engine = Engine.open(folder, Basket.class)) {
      assertEquals(filled, engine.actor(Basket.class, "a").call(Basket::shown));
      assertEquals(fresh, engine.actor(Basket.class, "d").call(Basket::shown));
    }
    assertEquals(List.of("x"), SHARED);
  }
}
