// What travels beside a message or a reply: gRPC's metadata, HTTP's headers.
package dev.everact;

import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.TooLargeException;
import dev.everact.internal.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Names with values, in their order. A name may be there more than once. Names are lower case; one
 * that ends in {@code -bin} has bytes, the others have texts. Immutable.
 *
 * <pre>{@code
 * Metadata trace = Metadata.of("trace-id", "4bf92f35");
 * sfo.withMetadata(trace).call(Airport::landed, 12);
 * }</pre>
 *
 * <p>It is stored with what is told between durable actors, and with the reply that an idempotency
 * key repeats. Names that begin with {@code everact-} are the engine's.
 */
public final class Metadata {
  /** All of it together, as it crosses the boundary. */
  private static final int BYTES_MAX = 64 * 1024;

  private static final int COUNT_BYTES = 2;
  private static final int LENGTHS_BYTES = 6;
  private static final String OF_BYTES = "-bin";
  private static final String RESERVED = "everact-";
  private static final Metadata EMPTY = new Metadata(new byte[COUNT_BYTES]);

  /** As it crosses the boundary: a count, then lengths, name and value of each entry. */
  private final byte[] block;

  private Metadata(byte[] block) {
    this.block = block;
  }

  /**
   * Nothing.
   *
   * @return metadata without a name
   */
  public static Metadata empty() {
    return EMPTY;
  }

  /**
   * One text.
   *
   * @param name the name
   * @param value the text
   * @return metadata with one name
   */
  public static Metadata of(String name, String value) {
    return EMPTY.with(name, value);
  }

  /**
   * This and one text more.
   *
   * @param name the name, not ending in {@code -bin}
   * @param value the text
   * @return other metadata
   */
  public Metadata with(String name, String value) {
    if (name.endsWith(OF_BYTES)) {
      throw new InvalidArgumentException("metadata " + name + " has bytes, not a text");
    }
    return adding(name, Utf8.encode(value, "the text of metadata " + name));
  }

  /**
   * This and some bytes more.
   *
   * @param name the name, ending in {@code -bin}
   * @param value the bytes
   * @return other metadata
   */
  public Metadata with(String name, byte[] value) {
    if (!name.endsWith(OF_BYTES)) {
      throw new InvalidArgumentException(
          "metadata " + name + " has a text; the name of bytes ends in " + OF_BYTES);
    }
    return adding(name, value);
  }

  private Metadata adding(String name, byte[] value) {
    check(name);
    long bytes = (long) block.length + LENGTHS_BYTES + name.length() + value.length;
    if (bytes > BYTES_MAX) {
      throw new TooLargeException(
          "the metadata has " + bytes + " bytes, the limit is " + BYTES_MAX);
    }
    Bytes out = new Bytes((int) bytes);
    out.write(block);
    out.setU16(0, Bytes.u16(block, 0) + 1);
    int at = out.length;
    out.write(new byte[LENGTHS_BYTES]);
    out.setU16(at, name.length());
    out.setI32(at + 2, value.length);
    out.write(name.getBytes(StandardCharsets.US_ASCII));
    out.write(value);
    return new Metadata(out.array);
  }

  private static void check(String name) {
    if (name.startsWith(RESERVED)) {
      throw new InvalidArgumentException(
          "metadata " + name + ": names that begin with " + RESERVED + " are the engine's");
    }
    boolean fits = !name.isEmpty();
    for (int i = 0; i < name.length(); i++) {
      char letter = name.charAt(i);
      boolean word = letter >= 'a' && letter <= 'z' || letter >= '0' && letter <= '9';
      fits &= word || letter == '-' || letter == '_' || letter == '.';
    }
    if (!fits) {
      throw new InvalidArgumentException(
          "metadata cannot be named " + name + "; use a to z, 0 to 9, minus, underscore and dot");
    }
  }

  /** What stands at an offset of a record. */
  static Metadata read(byte[] from, int at) {
    int end = at + COUNT_BYTES;
    for (int count = Bytes.u16(from, at); count > 0; count--) {
      end += LENGTHS_BYTES + Bytes.u16(from, end) + Bytes.i32(from, end + 2);
    }
    return end == at + COUNT_BYTES ? EMPTY : new Metadata(Arrays.copyOfRange(from, at, end));
  }

  /** Appends it as it crosses the boundary. */
  void write(Bytes out) {
    out.write(block);
  }

  /**
   * Whether there is nothing.
   *
   * @return true without a name
   */
  public boolean isEmpty() {
    return block.length == COUNT_BYTES;
  }

  /** This without the entries that the core writes for itself. */
  Metadata withoutReserved() {
    Metadata others = EMPTY;
    boolean any = false;
    for (Entry entry : entries()) {
      if (entry.name.startsWith(RESERVED)) {
        any = true;
      } else {
        others = others.adding(entry.name, entry.value);
      }
    }
    return any ? others : this;
  }

  /**
   * The names.
   *
   * @return each once, in their order
   */
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    for (Entry entry : entries()) {
      names.add(entry.name);
    }
    return names;
  }

  /**
   * The text of a name.
   *
   * @param name the name
   * @return the last one; empty where there is none
   */
  public Optional<String> text(String name) {
    List<String> all = texts(name);
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
  }

  /**
   * All texts of a name.
   *
   * @param name the name
   * @return in their order; empty where there is none
   */
  public List<String> texts(String name) {
    return values(name).stream().map(value -> new String(value, StandardCharsets.UTF_8)).toList();
  }

  /**
   * The bytes of a name.
   *
   * @param name the name
   * @return the last ones; empty where there are none
   */
  public Optional<byte[]> bytes(String name) {
    List<byte[]> all = values(name);
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
  }

  private List<byte[]> values(String name) {
    return entries().stream().filter(entry -> entry.name.equals(name)).map(Entry::value).toList();
  }

  private record Entry(String name, byte[] value) {}

  private List<Entry> entries() {
    List<Entry> entries = new ArrayList<>();
    for (int at = COUNT_BYTES; at < block.length; ) {
      int nameBytes = Bytes.u16(block, at);
      int valueAt = at + LENGTHS_BYTES + nameBytes;
      int end = valueAt + Bytes.i32(block, at + 2);
      String name = new String(block, at + LENGTHS_BYTES, nameBytes, StandardCharsets.UTF_8);
      entries.add(new Entry(name, Arrays.copyOfRange(block, valueAt, end)));
      at = end;
    }
    return entries;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Metadata metadata && Arrays.equals(block, metadata.block);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(block);
  }

  /** The names; values may be secret. */
  @Override
  public String toString() {
    return names().toString();
  }
}
