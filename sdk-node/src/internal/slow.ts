/**
 * After which time a handler that has the event loop is slow: the setting `slowTurnMs`, which the core has for turns.
 */

/** The core's own. */
const SLOW_TURN_MS = 1000;
const U32_MAX = 2 ** 32 - 1;

/** In milliseconds, from an engine's settings or the environment that fills them. What is none the core names in its error. */
export function slowAfter(settings: Readonly<Record<string, unknown>>): number {
  const given = Number(settings.slow_turn_ms ?? process.env.EVERACT_SLOW_TURN_MS ?? SLOW_TURN_MS);
  return given >= 1 ? Math.min(given, U32_MAX) : SLOW_TURN_MS;
}
