// What is stored and not declared: an actor keeps it, so that a version that knows it finds it
// again.
package dev.everact;

import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.everact.internal.Bytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The unknown fields of one activation's state: those of the actor as their bytes, those of records
 * within it by the object that was read with them, or by its place where a handler has put another
 * object of the same class there: a record cannot be changed in any other way. What is new in a
 * list has no place.
 */
final class Kept {
  /** Each as {@code "name":value}. */
  private final List<byte[]> fields = new ArrayList<>();

  private final Map<Object, ObjectNode> within = new IdentityHashMap<>();
  private final Map<String, Object> places = new HashMap<>();
  private final Set<String> names = new LinkedHashSet<>();

  /** A field of the actor. */
  void put(String name, byte[] prefix, byte[] from, int at, int length) {
    Bytes field = new Bytes(prefix.length + length);
    field.write(prefix);
    field.write(from, at, length);
    fields.add(field.copy(0, field.length));
    names.add(name);
  }

  /** The fields of a record within the state, and its place; null for one in a list. */
  void put(Object record, ObjectNode unknown, String place) {
    within.put(record, unknown);
    if (place != null) {
      places.put(place, record);
    }
    String type = record.getClass().getSimpleName();
    unknown.fieldNames().forEachRemaining(name -> names.add(type + "." + name));
  }

  /** The unknown fields of a record at a place; null where it has none. */
  ObjectNode of(Object record, String place) {
    ObjectNode own = within.get(record);
    Object former = own == null && place != null ? places.get(place) : null;
    return former != null && former.getClass() == record.getClass() ? within.get(former) : own;
  }

  /**
   * The place of a value in the state: the names that lead there. Null for one in a list, whose
   * index says nothing about which one it is.
   *
   * @param within the object that holds it
   */
  static String place(Object root, JsonStreamContext within) {
    StringBuilder place = new StringBuilder();
    for (JsonStreamContext at = within; at != null && !at.inRoot(); at = at.getParent()) {
      if (at.inArray()) {
        return null;
      }
      place.insert(0, at.getCurrentName()).insert(0, '/');
    }
    return root == null ? null : root + place.toString();
  }

  boolean isWithin() {
    return !within.isEmpty();
  }

  /** Their names: the actor's fields, and {@code Type.field} of others. */
  Set<String> names() {
    return names;
  }

  /** Appends the actor's fields behind its own. */
  void write(Bytes out, boolean first) {
    char before = first ? '{' : ',';
    for (byte[] field : fields) {
      out.write(before);
      out.write(field);
      before = ',';
    }
  }

  /** How many fields of the actor there are. */
  int count() {
    return fields.size();
  }
}
