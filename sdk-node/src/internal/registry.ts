/**
 * The kinds of one engine or connection, found by what a reference may name them by.
 */

import { type ActorClass } from '../actor.js';
import { UnknownKind } from '../errors.js';
import { referenceClass, type ReferenceClass } from '../reference.js';
import { type Kind } from './kind.js';

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
  kindOf(actor: ActorClass | string, owner: string): Kind {
    const kind = this.#byAlias.get(actor);
    if (kind === undefined) {
      const name = typeof actor === 'string' ? `"${actor}"` : `of the class ${actor.name}`;
      throw new UnknownKind(`No kind ${name} is registered with this ${owner}.`);
    }
    return kind;
  }

  /** The class of the references to a kind. */
  referenceClass(kind: Kind): ReferenceClass {
    return this.#references[kind.id] as ReferenceClass;
  }
}
