// Dice with a seed: the same throws in every language, so the same seed gives the same calls.
package switchboard;

/** The generator of Park and Miller. */
final class Dice {
  private long state;

  Dice(long seed) {
    state = seed % 2147483646 + 1;
  }

  /** A number from 0 to one less than so many sides. */
  int roll(int sides) {
    state = state * 48271 % 2147483647;
    return (int) (state % sides);
  }
}
