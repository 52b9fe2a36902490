// A process on this side of the boundary.
package dev.everact;

/** A process' object between turns; what it was spawned with is the state that it begins as. */
final class ProcessActivation extends Activation {
  private final long number;

  ProcessActivation(long id, KindTable kind, long number, byte[] argument) {
    super(id, kind, Long.toUnsignedString(number), argument);
    this.number = number;
  }

  @Override
  long process() {
    return number;
  }
}
