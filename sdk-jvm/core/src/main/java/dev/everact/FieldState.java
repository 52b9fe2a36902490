// The state of a class that declares it by its fields: one JSON object, written field by field
// without a detour.
package dev.everact;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.everact.errors.InvalidDeclarationException;
import dev.everact.internal.Bytes;
import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes and reads the state of one kind. A stored field that the class does not have is kept, a
 * new one has its default.
 */
final class FieldState extends State {
  private final StateField[] fields;
  private final Map<String, StateField> byName = new HashMap<>();
  private final Map<String, StateField> byFormerName = new HashMap<>();
  private final Json json;
  private final boolean allScalar;

  FieldState(Class<?> type, Json json) {
    this.json = json;
    List<StateField> found = new ArrayList<>();
    for (Field declared : declared(type)) {
      StateField field = StateField.of(declared, json, found.isEmpty());
      if (byName.put(field.name, field) != null) {
        throw new InvalidDeclarationException(
            "actor " + type.getSimpleName() + " has two state fields named " + field.name);
      }
      field.formerNames.forEach(name -> byFormerName.putIfAbsent(name, field));
      found.add(field);
    }
    fields = found.toArray(new StateField[0]);
    allScalar = found.stream().allMatch(StateField::isScalar);
  }

  /** State fields of the class and what it inherits, the most general class first. */
  private static List<Field> declared(Class<?> type) {
    List<Field> fields = new ArrayList<>();
    if (!Resident.isBase(type)) {
      fields.addAll(declared(type.getSuperclass()));
      refuseAnnotations(type);
      for (Field field : type.getDeclaredFields()) {
        int modifiers = field.getModifiers();
        boolean state =
            !Modifier.isStatic(modifiers)
                && !Modifier.isTransient(modifiers)
                && !field.isSynthetic();
        if (state && !StateField.isIgnored(field)) {
          fields.add(field);
        }
      }
    }
    return fields;
  }

  /** An annotation that nothing obeys is a mistake: the class is read by its fields. */
  private static void refuseAnnotations(Class<?> type) {
    Annotation found = Introspection.jackson(type);
    for (Method method : type.getDeclaredMethods()) {
      found = found == null ? Introspection.jackson(method) : found;
    }
    if (found != null) {
      throw new InvalidDeclarationException(
          "actor "
              + type.getSimpleName()
              + " carries @"
              + found.annotationType().getSimpleName()
              + ", which nothing obeys: an actor's state is its fields; put it on their types");
    }
  }

  @Override
  void encode(Object actor, Kept kept, Bytes out) throws Misfit {
    try {
      for (StateField field : fields) {
        out.write(field.prefix);
        field.write(actor, kept, out);
      }
    } catch (Misfit | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("a field cannot be read", e);
    }
    int others = kept == null ? 0 : kept.count();
    if (others > 0) {
      kept.write(out, fields.length == 0);
    } else if (fields.length == 0) {
      out.write('{');
    }
    out.write('}');
  }

  @Override
  Kept decode(byte[] from, Object actor) throws Misfit {
    return allScalar && decodeOwn(from, actor) ? null : decodeAny(from, actor);
  }

  /**
   * The quick way for what {@link #encode} of this class wrote, scalars only; false, and nothing
   * set, for everything else.
   */
  private boolean decodeOwn(byte[] from, Object actor) {
    Object[] values = new Object[fields.length];
    int at = 0;
    try {
      for (int i = 0; i < fields.length; i++) {
        StateField field = fields[i];
        int valueAt = at + field.prefix.length;
        if (valueAt >= from.length
            || !Arrays.equals(from, at, valueAt, field.prefix, 0, field.prefix.length)) {
          return false;
        }
        at = Scalars.end(from, valueAt);
        if (at < 0) {
          return false;
        }
        values[i] = field.codec.decode(from, valueAt, at - valueAt);
      }
    } catch (Misfit e) {
      return false;
    }
    if (fields.length == 0 || at != from.length - 1 || from[at] != '}') {
      return false;
    }
    for (int i = 0; i < fields.length; i++) {
      fields[i].set(actor, values[i]);
    }
    return true;
  }

  /** Where a value stands in the stored bytes. */
  private record Place(String name, int at, int length) {}

  private Kept decodeAny(byte[] from, Object actor) throws Misfit {
    Kept kept = new Kept();
    Map<StateField, Place> found = new IdentityHashMap<>();
    List<Place> others = new ArrayList<>();
    for (Place place : places(from)) {
      StateField field = byName.get(place.name);
      if (field == null) {
        others.add(place);
      } else {
        found.put(field, place);
      }
    }
    for (Place place : others) {
      StateField field = byFormerName.get(place.name);
      if (field == null || found.putIfAbsent(field, place) != null) {
        kept.put(place.name, StateField.quoted(place.name), from, place.at, place.length);
      }
    }
    for (StateField field : fields) {
      Place place = found.get(field);
      if (place != null) {
        field.set(actor, field.read(from, place.at, place.length, kept));
      } else {
        field.own(actor);
      }
    }
    return kept.names().isEmpty() ? null : kept;
  }

  private List<Place> places(byte[] from) throws Misfit {
    List<Place> places = new ArrayList<>();
    try (JsonParser parser = json.state().usual.createParser(from)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new Misfit("the state is no JSON object");
      }
      for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
        parser.nextToken();
        int at = (int) parser.currentTokenLocation().getByteOffset();
        parser.skipChildren();
        parser.finishToken();
        places.add(new Place(name, at, (int) parser.currentLocation().getByteOffset() - at));
      }
    } catch (IOException e) {
      throw new Misfit("the state is " + Json.misfit(e, "JSON").getMessage());
    }
    return places;
  }

  @Override
  boolean isQuick() {
    return allScalar;
  }

  @Override
  boolean settle(Object actor, Kept kept) throws Misfit {
    if (allScalar) {
      return false;
    }
    boolean replaced = false;
    Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (StateField field : fields) {
      replaced |= field.settle(actor, kept, seen);
    }
    return replaced;
  }

  @Override
  void own(Object fresh) throws Misfit {
    for (StateField field : fields) {
      field.own(fresh);
    }
  }

  @Override
  void check(Object fresh) throws Misfit {
    Shapes shapes = null;
    for (StateField field : fields) {
      if (!field.isScalar() && shapes == null) {
        shapes = new Shapes(json.state());
      }
      field.check(fresh, shapes);
    }
    encode(fresh, null, new Bytes(64));
    settle(fresh, null);
  }

  @Override
  Kept restore(byte[] before, Object actor, KindTable kind) throws Throwable {
    Object fresh = kind.create();
    Kept kept = decode(before, fresh);
    for (StateField field : fields) {
      field.set(actor, field.get(fresh));
    }
    return kept;
  }
}
