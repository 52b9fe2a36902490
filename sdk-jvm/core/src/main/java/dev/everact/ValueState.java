// The state of a declared kind: one immutable value that the actor's object holds.
package dev.everact;

import dev.everact.internal.Bytes;
import dev.everact.internal.Declaration;

/** State that is the same as long as the value is. */
final class ValueState extends State {
  private final Declaration.State declared;
  private final Codec codec;

  ValueState(Declaration.State declared) {
    this.declared = declared;
    this.codec = Codec.of(declared.payload());
  }

  @Override
  void encode(Object actor, Kept kept, Bytes out) throws Misfit {
    codec.encode(declared.get(actor), out);
  }

  @Override
  Kept decode(byte[] from, Object actor) throws Misfit {
    try {
      declared.set(actor, codec.decode(from, 0, from.length));
      return null;
    } catch (Misfit e) {
      throw new Misfit("the state " + e.getMessage());
    }
  }

  @Override
  Kept restore(byte[] before, Object actor, KindTable kind) throws Misfit {
    return decode(before, actor);
  }

  @Override
  Object held(Object actor) {
    return declared.get(actor);
  }

  @Override
  void hold(Object actor, Object held) {
    declared.set(actor, held);
  }
}
