// What an ask says: the handler, the message, and how its reply is read.
package dev.everact;

/** A message on its way out. */
final class Outgoing {
  final HandlerEntry handler;
  final boolean hasMessage;
  final Object message;
  final Codec reply;

  Outgoing(HandlerEntry handler, boolean hasMessage, Object message, Codec reply) {
    this.handler = handler;
    this.hasMessage = hasMessage;
    this.message = message;
    this.reply = reply;
  }
}
