/**
 * The kinds of one engine or connection, found by what a reference may name them by.
 */

import { type ActorClass } from '../actor.js';
import { InvalidArgument, UnknownKind } from '../errors.js';
import { type KindGiven } from '../process_scope.js';
import { type NamedReference, referenceClass, type ReferenceClass } from '../reference.js';
import { type Turn } from '../scope.js';
import { type Kind } from './kind.js';
import { type Lane } from './lane.js';

/** Kinds by name, by class and by declaration, each with the class of its references. */
export class Registry {
  readonly #byAlias = new Map<unknown, Kind>();
  readonly #references: readonly ReferenceClass[];

  constructor(kinds: readonly Kind[]) {
    this.#references = kinds.map(referenceClass);
    for (const kind of kinds) {
      for (const alias of [kind.name, ...kind.aliases]) {
        this.#byAlias.set(alias, kind);
      }
    }
  }

  /** The kind of a name, where it is registered. */
  find(name: string): Kind | undefined {
    return this.#byAlias.get(name);
  }

  /**
   * The kind of a name, a class or a declaration.
   *
   * @param owner - what it is the registry of, for the error's text.
   * @throws UnknownKind when it is not registered.
   */
  kindOf(actor: ActorClass | KindGiven | string, owner: string): Kind {
    const kind = this.#byAlias.get(actor);
    if (kind === undefined) {
      const name =
        typeof actor === 'string'
          ? `"${actor}"`
          : typeof actor === 'function'
            ? `of the class ${actor.name}`
            : `"${actor.name}"`;
      throw new UnknownKind(`No kind ${name} is registered with this ${owner}.`);
    }
    return kind;
  }

  /**
   * A reference to an actor.
   *
   * @throws InvalidArgument for a key that is no text, or a kind of processes.
   */
  reference(lane: Lane, kind: Kind, key: string, context: Turn | undefined): NamedReference {
    if (typeof (key as unknown) !== 'string' || (key.length > 0 && !key.isWellFormed())) {
      throw new InvalidArgument('A key is well-formed text.');
    }
    if (kind.role !== 'actor') {
      throw new InvalidArgument(
        `The kind ${kind.name} is one of processes: they have no key, and are spawned.`,
      );
    }
    return new (this.#references[kind.id] as ReferenceClass)(lane, kind, key, context);
  }
}
