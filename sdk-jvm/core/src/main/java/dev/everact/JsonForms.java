// The JSON form of each type, the same in every language (docs/reference/data-model.md): what has
// none
// is refused where it is written.
package dev.everact;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdScalarSerializer;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.function.Function;

/** Jackson's module with these forms. */
final class JsonForms extends SimpleModule {
  private static final long serialVersionUID = 1L;
  private static final int YEAR_MAX = 9999;

  /** Jackson reads no number with more than 1,000 digits. */
  private static final int INTEGER_BITS_MAX = 3_300;

  private static final int OFFSET_SECONDS = 60;

  /** Whether Kotlin's data classes need every parameter that has no default. */
  private final boolean strict;

  JsonForms(boolean strict) {
    super("everact");
    this.strict = strict;
    writer(Float.class, JsonForms::single);
    writer(float.class, JsonForms::single);
    writer(Double.class, JsonForms::fraction);
    writer(double.class, JsonForms::fraction);
    writer(BigInteger.class, JsonForms::integer);
    text(BigDecimal.class, BigDecimal::toString);
    addDeserializer(BigDecimal.class, new Decimals());
    text(Instant.class, JsonForms::instant);
    reader(Instant.class, text -> OffsetDateTime.parse(text).toInstant());
    text(OffsetDateTime.class, JsonForms::offset);
    reader(OffsetDateTime.class, OffsetDateTime::parse);
    text(ZonedDateTime.class, JsonForms::zoned);
    reader(ZonedDateTime.class, text -> OffsetDateTime.parse(text).toZonedDateTime());
    text(LocalDate.class, value -> inYears(value.getYear(), value));
    reader(LocalDate.class, LocalDate::parse);
    reader(LocalDateTime.class, LocalDateTime::parse);
    reader(LocalTime.class, LocalTime::parse);
    reader(Duration.class, Duration::parse);
    text(
        LocalDateTime.class,
        value -> {
          inYears(value.getYear(), value);
          return DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(value);
        });
  }

  @Override
  public void setupModule(SetupContext context) {
    super.setupModule(context);
    context.addValueInstantiators(new KotlinInstantiator.Finder(strict));
  }

  /** A value that has no form in JSON, in our words; Jackson adds the path. */
  static final class NoForm extends JsonMappingException {
    private static final long serialVersionUID = 1L;

    NoForm(JsonGenerator generator, String text) {
      super(generator, text);
    }
  }

  /** What a value has no form for. */
  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refused(String text) {
      super(text, null, false, false);
    }
  }

  /** Writes one value. */
  private interface Writer<T> {
    void write(T value, JsonGenerator generator) throws IOException;
  }

  private <T> void writer(Class<T> type, Writer<? super T> writer) {
    addSerializer(
        type,
        new StdScalarSerializer<T>(type) {
          private static final long serialVersionUID = 1L;

          @Override
          public void serialize(T value, JsonGenerator generator, SerializerProvider provider)
              throws IOException {
            try {
              writer.write(value, generator);
            } catch (Refused e) {
              throw new NoForm(generator, e.getMessage());
            }
          }
        });
  }

  private <T> void text(Class<T> type, Function<T, String> form) {
    writer(type, (value, generator) -> generator.writeString(form.apply(value)));
  }

  /** Reads one text; a number is none. */
  private <T> void reader(Class<T> type, Function<String, T> parse) {
    addDeserializer(
        type,
        new StdScalarDeserializer<T>(type) {
          private static final long serialVersionUID = 1L;

          @Override
          public T deserialize(JsonParser parser, DeserializationContext context)
              throws IOException {
            if (parser.currentToken() != JsonToken.VALUE_STRING) {
              return type.cast(context.handleUnexpectedToken(type, parser));
            }
            try {
              return parse.apply(parser.getText());
            } catch (DateTimeParseException e) {
              return type.cast(context.handleWeirdStringValue(type, "", "not in its form"));
            }
          }
        });
  }

  private static void single(float value, JsonGenerator generator) throws IOException {
    if (!Float.isFinite(value)) {
      throw new Refused(value + " has no form in JSON");
    }
    generator.writeNumber(value);
  }

  private static void fraction(double value, JsonGenerator generator) throws IOException {
    if (!Double.isFinite(value)) {
      throw new Refused(value + " has no form in JSON");
    }
    generator.writeNumber(value);
  }

  private static void integer(BigInteger value, JsonGenerator generator) throws IOException {
    if (value.bitLength() > INTEGER_BITS_MAX) {
      throw new Refused("an integer of " + value.bitLength() + " bits has no form in JSON");
    }
    generator.writeNumber(value);
  }

  private static String inYears(int year, Object value) {
    if (year < 0 || year > YEAR_MAX) {
      throw new Refused("a time in the year " + year + " has no form in JSON: 0 to " + YEAR_MAX);
    }
    return value.toString();
  }

  private static String instant(Instant value) {
    // What is too far for a calendar is too far for the check as well.
    boolean far = Math.abs(value.getEpochSecond()) > Integer.MAX_VALUE * 400L;
    return inYears(far ? Integer.MAX_VALUE : value.atOffset(ZoneOffset.UTC).getYear(), value);
  }

  private static String offset(OffsetDateTime value) {
    inYears(value.getYear(), value);
    if (value.getOffset().getTotalSeconds() % OFFSET_SECONDS != 0) {
      throw new Refused("a time offset with seconds has no form in JSON");
    }
    return DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(value);
  }

  private static String zoned(ZonedDateTime value) {
    if (!(value.getZone() instanceof ZoneOffset)) {
      throw new Refused(
          "the zone " + value.getZone() + " has no form in JSON; use Instant or OffsetDateTime");
    }
    return offset(value.toOffsetDateTime());
  }

  /** Decimals are texts, which no reader rounds; a number is taken too. */
  private static final class Decimals extends StdScalarDeserializer<BigDecimal> {
    private static final long serialVersionUID = 1L;

    Decimals() {
      super(BigDecimal.class);
    }

    @Override
    public BigDecimal deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      JsonToken token = parser.currentToken();
      if (token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT) {
        return parser.getDecimalValue();
      }
      if (token == JsonToken.VALUE_STRING) {
        try {
          return new BigDecimal(parser.getText());
        } catch (NumberFormatException e) {
          return (BigDecimal) context.handleWeirdStringValue(BigDecimal.class, "", "not a decimal");
        }
      }
      return (BigDecimal) context.handleUnexpectedToken(BigDecimal.class, parser);
    }
  }
}
