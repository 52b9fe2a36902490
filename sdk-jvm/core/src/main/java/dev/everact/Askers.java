// Those who wait for a reply, as texts in fields.
package dev.everact;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.ser.std.StdScalarSerializer;
import java.io.IOException;

/** The text {@code life/number}, and from it the one who waits again. */
final class Askers {
  private Askers() {}

  /** Writes those who wait. */
  static final class Writer extends StdScalarSerializer<Asker> {
    private static final long serialVersionUID = 1L;

    Writer() {
      super(Asker.class);
    }

    @Override
    public void serialize(Asker value, JsonGenerator generator, SerializerProvider provider)
        throws IOException {
      generator.writeString(value.written());
    }
  }

  /** Reads those who wait; one of another life of the engine is nobody. */
  static final class Reader extends StdScalarDeserializer<Asker> {
    private static final long serialVersionUID = 1L;

    Reader() {
      super(Asker.class);
    }

    @Override
    public Asker deserialize(JsonParser parser, DeserializationContext context) throws IOException {
      if (parser.currentToken() != JsonToken.VALUE_STRING) {
        return (Asker) context.handleUnexpectedToken(Asker.class, parser);
      }
      Host host = context.getAttribute(Json.class) instanceof Json json ? json.host() : null;
      String text = parser.getText();
      int slash = text.lastIndexOf('/');
      try {
        long ask = Long.parseUnsignedLong(text, slash + 1, text.length(), 10);
        boolean lives = host != null && text.startsWith(host.life) && slash == host.life.length();
        return new Asker(host, lives ? ask : 0);
      } catch (NumberFormatException e) {
        return (Asker) context.handleWeirdStringValue(Asker.class, text, "no life/number");
      }
    }
  }
}
