// The quick codecs agree with Jackson to the byte, and state comes back as it went.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.everact.internal.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CodecTest {
  private final ObjectMapper mapper = Json.standard();
  private final Json json = new Json(null);

  private byte[] encoded(Class<?> type, Object value) throws Misfit {
    Bytes out = new Bytes(1);
    json.codec(type).encode(value, out);
    return out.copy(0, out.length);
  }

  private void check(Class<?> type, Object value) throws Exception {
    byte[] quick = encoded(type, value);
    assertEquals(
        new String(mapper.writeValueAsBytes(value), StandardCharsets.UTF_8),
        new String(quick, StandardCharsets.UTF_8));
    byte[] padded =
        ("xx" + new String(quick, StandardCharsets.UTF_8) + "yy").getBytes(StandardCharsets.UTF_8);
    assertEquals(value, json.codec(type).decode(padded, 2, quick.length));
  }

  @Test
  void numbersAreWrittenAsJacksonWritesThem() throws Exception {
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      long number = random.nextLong() >> random.nextInt(64);
      check(long.class, number);
      check(int.class, (int) number);
      check(double.class, (double) (number >> 20));
      check(
          double.class,
          Double.longBitsToDouble(number) * 0 == 0 ? Double.longBitsToDouble(number) : 0.5);
    }
    for (long number : new long[] {0, -1, 9, 10, 99, 100, Long.MAX_VALUE, Long.MIN_VALUE}) {
      check(long.class, number);
    }
    for (double number : new double[] {0.0, -0.0, 1e7, 9999999, 1e-3, 1e300, -12.5, 1e21}) {
      check(double.class, number);
    }
    check(boolean.class, true);
    check(boolean.class, false);
  }

  @Test
  void textIsWrittenAsJacksonWritesIt() throws Exception {
    for (String text :
        List.of(
            "",
            "plain",
            "grün",
            "日本",
            "🙂",
            "a\"b\\c",
            "line\nbreak\t",
            "\u0000\u001f\u007f",
            "é")) {
      check(String.class, text);
    }
  }

  @Test
  void whatIsNoSuchValueIsRefused() {
    for (String text :
        List.of("", "01", "1.5", "\"1\"", "true", "2147483648", "1 2", "-", "null", "{}")) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      assertThrows(Misfit.class, () -> json.codec(int.class).decode(bytes, 0, bytes.length), text);
    }
    assertThrows(Misfit.class, () -> encoded(double.class, Double.NaN));
  }

  static class Everything extends Actor {
    int small = -3;
    long large = 1L << 60;
    double fraction = 0.25;
    boolean yes = true;
    float single = 1.5f;
    short tiny = 7;
    char letter = 'x';
    String text = "täxt";
    String none;
    byte[] bytes = {1, 2, 3};
    List<Integer> numbers = List.of(1, 2, 3);
    Map<String, List<Point>> points = new LinkedHashMap<>(Map.of("a", List.of(new Point(1, 2))));
    Point point = new Point(3, 4);
    transient Object notState = new Object();
  }

  record Point(int x, int y) {}

  @Test
  void stateComesBackAsItWent() throws Exception {
    State state = new FieldState(Everything.class, json);
    Everything before = new Everything();
    before.small = 42;
    before.none = null;
    before.points.put("b", List.of(new Point(5, 6), new Point(7, 8)));
    Bytes out = new Bytes(1);
    state.encode(before, null, out);
    byte[] bytes = out.copy(0, out.length);
    assertEquals(14, mapper.readTree(bytes).size() + 1);
    Everything after = new Everything();
    after.text = "other";
    state.decode(bytes, after);
    Bytes again = new Bytes(1);
    state.encode(after, null, again);
    assertArrayEquals(bytes, again.copy(0, again.length));
    assertEquals(before.points, after.points);
  }

  static class Plain extends Actor {
    int number = 1;
    String text = "a";
    boolean flag;
    double fraction;
  }

  private void checkPlain(String stored, int number, String text, boolean flag) throws Misfit {
    Plain actor = new Plain();
    new FieldState(Plain.class, json).decode(stored.getBytes(StandardCharsets.UTF_8), actor);
    assertEquals(number, actor.number);
    assertEquals(text, actor.text);
    assertEquals(flag, actor.flag);
  }

  @Test
  void theQuickWayAndTheLongWayReadTheSameState() throws Misfit {
    checkPlain(
        "{\"number\":-7,\"text\":\"x, }y\",\"flag\":true,\"fraction\":0.5}", -7, "x, }y", true);
    checkPlain(
        "{\"number\":7,\"text\":\"q\\\"}\",\"flag\":true,\"fraction\":0.5}", 7, "q\"}", true);
    checkPlain("{\"number\":7,\"text\":null,\"flag\":false,\"fraction\":1e3}", 7, null, false);
    checkPlain("{ \"flag\": true, \"number\": 3 }", 3, "a", true);
    checkPlain("{}", 1, "a", false);
    for (String broken :
        List.of("", "{", "{\"number\":1", "{\"number\":x}", "{\"number\":1,\"text\":\"", "[]")) {
      byte[] bytes = broken.getBytes(StandardCharsets.UTF_8);
      assertThrows(
          Misfit.class, () -> new FieldState(Plain.class, json).decode(bytes, new Plain()), broken);
    }
  }

  @Test
  void unknownStateIsPassedOverAndNewStateKeepsItsDefault() throws Exception {
    State state = new FieldState(Everything.class, json);
    Everything actor = new Everything();
    byte[] older = "{\"gone\":{\"x\":[1]},\"small\":5}".getBytes(StandardCharsets.UTF_8);
    state.decode(older, actor);
    assertEquals(5, actor.small);
    assertEquals(1L << 60, actor.large);
    assertThrows(
        Misfit.class,
        () -> state.decode("{\"small\":\"x\"}".getBytes(StandardCharsets.UTF_8), actor));
  }
}
