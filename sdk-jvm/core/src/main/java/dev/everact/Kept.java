// What is stored and not declared: an actor keeps it, so that a version that knows it finds it
// again.
package dev.everact;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.everact.internal.Bytes;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The unknown fields of one activation's state: those of the actor as their bytes, those of records
 * within it by the object that was read with them. A record that is replaced loses them.
 */
final class Kept {
  /** Each as {@code "name":value}. */
  private final List<byte[]> fields = new ArrayList<>();

  private final Map<Object, ObjectNode> within = new IdentityHashMap<>();
  private final Set<String> names = new LinkedHashSet<>();

  /** A field of the actor. */
  void put(String name, byte[] prefix, byte[] from, int at, int length) {
    Bytes field = new Bytes(prefix.length + length);
    field.write(prefix);
    field.write(from, at, length);
    fields.add(field.copy(0, field.length));
    names.add(name);
  }

  /** The fields of a record within the state. */
  void put(Object record, ObjectNode unknown) {
    within.put(record, unknown);
    String type = record.getClass().getSimpleName();
    unknown.fieldNames().forEachRemaining(name -> names.add(type + "." + name));
  }

  /** The unknown fields of a record; null where it has none. */
  ObjectNode of(Object record) {
    return within.get(record);
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
