/**
 * The base of generated actors: a class whose state is one message.
 */

import { type Message } from '@bufbuild/protobuf';

import { Actor as CoreActor } from '../actor.js';
import { InvalidDeclaration } from '../errors.js';
import { Kind } from './kind.js';
import { emptyState } from './state.js';

/**
 * The base of every generated actor. One instance lives per key, made by the first message.
 *
 * `state` is what is stored with every turn that changed it; change its fields, or put another message there. Other fields of
 * the class live as long as the activation. `activated` and `passivating` are hooks, as in every actor.
 */
export abstract class Actor<S extends Message = Message> extends CoreActor {
  /** What was declared of the service; generated code says it. */
  declare static readonly kind: Kind;

  /** The actor's state; empty in a new actor. */
  state: S;

  constructor() {
    super();
    const declared: unknown = new.target.kind;
    if (!(declared instanceof Kind)) {
      throw new InvalidDeclaration(
        `${new.target.name}: extend the class that was generated from the .proto.`,
      );
    }
    this.state = emptyState(declared.state) as S;
  }
}
