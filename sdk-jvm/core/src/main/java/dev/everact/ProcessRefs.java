// References of processes as texts in messages and fields.
package dev.everact;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.ser.std.StdScalarSerializer;
import java.io.IOException;

/** The text {@code kind/number}, and from it the reference again. */
final class ProcessRefs {
  private ProcessRefs() {}

  /** A reference from its text; null where it is none. */
  static ProcessRef<?> parse(Host host, String text) {
    int slash = text.lastIndexOf('/');
    if (slash <= 0) {
      return null;
    }
    try {
      long number = Long.parseUnsignedLong(text, slash + 1, text.length(), 10);
      return new ProcessRef<>(host, text.substring(0, slash), number);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** Writes references. */
  static final class Writer extends StdScalarSerializer<ProcessRef<?>> {
    private static final long serialVersionUID = 1L;

    Writer() {
      super(ProcessRef.class, false);
    }

    @Override
    public void serialize(ProcessRef<?> value, JsonGenerator generator, SerializerProvider provider)
        throws IOException {
      generator.writeString(value.toString());
    }
  }

  /** Reads references, as those of the engine that reads them. */
  static final class Reader extends StdScalarDeserializer<ProcessRef<?>> {
    private static final long serialVersionUID = 1L;

    Reader() {
      super(ProcessRef.class);
    }

    @Override
    public ProcessRef<?> deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      if (parser.currentToken() != JsonToken.VALUE_STRING) {
        return (ProcessRef<?>) context.handleUnexpectedToken(ProcessRef.class, parser);
      }
      Object json = context.getAttribute(Json.class);
      ProcessRef<?> read =
          parse(json instanceof Json bound ? bound.host() : null, parser.getText());
      return read != null
          ? read
          : (ProcessRef<?>) context.handleWeirdStringValue(ProcessRef.class, "", "no kind/number");
    }
  }
}
