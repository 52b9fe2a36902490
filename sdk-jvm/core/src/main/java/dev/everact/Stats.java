// Figures of a running engine.
package dev.everact;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * What an engine holds and has done since it was opened.
 *
 * @param activations actors in memory
 * @param openTurns turns that run now
 * @param openAsks asks that wait for their reply
 * @param stateBytes encoded state of the actors in memory
 * @param turns turns that ended
 * @param failedTurns those of them that failed
 * @param passivations actors that left memory
 */
public record Stats(
    long activations,
    long openTurns,
    long openAsks,
    long stateBytes,
    long turns,
    long failedTurns,
    long passivations) {
  /** Reads what the core says of itself. */
  static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  static final ObjectReader READER = MAPPER.readerFor(Stats.class);
}
