// Types of which a value is one of several: sealed interfaces whose Jackson annotations say how the
// JSON tells them apart. Without annotations it does not, and they are refused.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.everact.errors.HandlerFailedException;
import dev.everact.errors.InvalidDeclarationException;
import dev.everact.errors.InvalidPayloadException;
import dev.everact.errors.StateMismatchException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SealedTest {
  @TempDir Path folder;

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Circle.class, name = "circle"),
    @JsonSubTypes.Type(value = Square.class, name = "square"),
  })
  sealed interface Figure permits Circle, Square {}

  record Circle(long radius) implements Figure {}

  record Square(double side, Optional<String> note) implements Figure {}

  static class Canvas extends Actor {
    Figure last;
    List<Figure> all = new ArrayList<>();

    @Handler
    Figure draw(Figure figure) {
      Figure before = last;
      last = figure;
      all.add(figure);
      if (figure instanceof Circle circle && circle.radius() < 0) {
        throw new IllegalArgumentException("no such circle");
      }
      return before;
    }

    @Handler(readOnly = true)
    List<Figure> all() {
      return all;
    }
  }

  private static final Circle CIRCLE = new Circle((1L << 53) + 1);
  private static final Square SQUARE = new Square(2.5, Optional.of("small"));

  @Test
  void whatIsSealedIsMessageReplyAndState() {
    try (Engine engine = Engine.open(folder, Canvas.class)) {
      Reference<Canvas> canvas = engine.actor(Canvas.class, "a");
      assertNull(canvas.call(Canvas::draw, CIRCLE));
      assertEquals(CIRCLE, canvas.call(Canvas::draw, SQUARE));
      assertThrows(
          HandlerFailedException.class, () -> canvas.call(Canvas::draw, (Figure) new Circle(-1)));
    }
    try (Engine engine = Engine.open(folder, Canvas.class)) {
      Reference<Canvas> canvas = engine.actor(Canvas.class, "a");
      assertEquals(List.of(CIRCLE, SQUARE), canvas.call(Canvas::all));
      Map<?, ?> before = canvas.call("draw", Map.class, Map.of("type", "circle", "radius", 3));
      assertEquals(Map.of("type", "square", "side", 2.5, "note", "small"), before);
      assertEquals(new Circle(3), canvas.call(Canvas::draw, CIRCLE));
    }
  }

  @Test
  void aMessageThatIsNoneOfThemIsRefused() {
    try (Engine engine = Engine.inMemory(Canvas.class)) {
      Reference<Canvas> canvas = engine.actor(Canvas.class, "a");
      for (Map<String, Object> message :
          List.<Map<String, Object>>of(
              Map.of("type", "hexagon", "side", 3),
              Map.of("radius", 3),
              Map.of("type", "circle"),
              Map.of("type", "circle", "radius", 3, "side", 3))) {
        assertThrows(
            InvalidPayloadException.class,
            () -> canvas.call("draw", Map.class, message),
            message.toString());
      }
      assertEquals(List.of(), canvas.call(Canvas::all));
    }
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
  @JsonSubTypes(@JsonSubTypes.Type(value = OlderSquare.class, name = "square"))
  sealed interface OlderFigure permits OlderSquare {}

  record OlderSquare(double side) implements OlderFigure {}

  /** A release that knows squares only, and less of them. */
  @Kind(name = "canvas")
  static class Older extends Actor {
    OlderFigure last;

    @Handler
    int halve() {
      last = new OlderSquare(((OlderSquare) last).side() / 2);
      return 1;
    }
  }

  @Test
  void aStoredValueOfATypeThatIsNotKnownIsNamed() {
    try (Engine engine = Engine.open(folder, Canvas.class)) {
      engine.actor(Canvas.class, "circle").call(Canvas::draw, CIRCLE);
      engine.actor(Canvas.class, "square").call(Canvas::draw, SQUARE);
    }
    try (Engine engine = Engine.open(folder, Older.class)) {
      StateMismatchException refused =
          assertThrows(
              StateMismatchException.class,
              () -> engine.actor("canvas", "circle").call("halve", Integer.class));
      assertTrue(refused.getMessage().contains("last"), refused.getMessage());
      assertEquals(1, engine.actor("canvas", "square").call("halve", Integer.class));
    }
    try (Engine engine = Engine.open(folder, Canvas.class)) {
      Reference<Canvas> square = engine.actor(Canvas.class, "square");
      assertEquals(List.of(SQUARE), square.call(Canvas::all));
      assertEquals(new Square(1.25, SQUARE.note()), square.call(Canvas::draw, CIRCLE));
    }
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, include = JsonTypeInfo.As.WRAPPER_ARRAY)
  @JsonSubTypes(@JsonSubTypes.Type(value = Behind.class, name = "a"))
  sealed interface NamedBefore permits Behind {}

  record Behind(int number) implements NamedBefore {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, include = JsonTypeInfo.As.WRAPPER_OBJECT)
  @JsonSubTypes(@JsonSubTypes.Type(value = Within.class, name = "a"))
  sealed interface NamedAround permits Within {}

  record Within(int number) implements NamedAround {}

  @Kind(name = "drawing")
  static class Typed extends Actor {
    NamedBefore before;
    NamedAround around;
    int changes;

    @Handler
    int change() {
      return ++changes;
    }
  }

  /** Stores whatever JSON it is given. */
  @Kind(name = "drawing")
  static class Untyped extends Actor {
    Object before;
    Object around;
    int changes;

    @Handler
    List<Object> put(List<Object> next) {
      List<Object> former = Arrays.asList(before, around, changes);
      before = next.get(0);
      around = next.get(1);
      return former;
    }
  }

  @Test
  void whereverTheTypesNameStandsUnknownFieldsAreKept() {
    List<Object> stored =
        List.of(
            List.of("a", Map.of("number", 1, "more", 2)),
            Map.of("a", Map.of("number", 3, "more", 4)));
    try (Engine engine = Engine.open(folder, Untyped.class)) {
      engine.actor("drawing", "a").call("put", List.class, stored);
    }
    try (Engine engine = Engine.open(folder, Typed.class)) {
      assertEquals(1, engine.actor("drawing", "a").call("change", Integer.class));
    }
    try (Engine engine = Engine.open(folder, Untyped.class)) {
      List<?> found = engine.actor("drawing", "a").call("put", List.class, stored);
      assertEquals(List.of(stored.get(0), stored.get(1), 1), found);
    }
  }

  sealed interface Bare permits One {}

  record One(int number) implements Bare {}

  static class BareState extends Actor {
    Bare bare = new One(1);
  }

  static class BareMessage extends Actor {
    @Handler
    int take(Bare bare) {
      return 1;
    }

    @Handler
    Bare give(int number) {
      return new One(number);
    }
  }

  @Test
  void withoutAnnotationsThereIsNoFormInJson() {
    InvalidDeclarationException declared =
        assertThrows(
            InvalidDeclarationException.class, () -> Engine.inMemory(BareState.class).close());
    assertTrue(
        declared.getMessage().contains("bare: the type Bare is abstract"), declared.getMessage());
    try (Engine engine = Engine.inMemory(BareMessage.class)) {
      Reference<BareMessage> bare = engine.actor(BareMessage.class, "a");
      assertThrows(
          InvalidPayloadException.class, () -> bare.call(BareMessage::take, (Bare) new One(1)));
      assertThrows(
          InvalidPayloadException.class,
          () -> bare.call("take", Integer.class, Map.of("number", 1)));
      assertThrows(HandlerFailedException.class, () -> bare.call(BareMessage::give, 1));
    }
  }
}
