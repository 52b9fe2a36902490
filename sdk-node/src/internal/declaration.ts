/**
 * How generated code says what its kinds are. This file is part of both bundles of the package, so it holds no state.
 */

import { type ActorClass } from '../actor.js';
import { type Hooks, type KindParts } from './kind.js';

/** Where a declaration that is no actor class keeps the function that gives its parts; copies of this package share it. */
export const DECLARE = Symbol.for('everact.declare');

/** What generated code says of its kind; the rest is in the class. */
export type DeclaredParts = Omit<KindParts, 'aliases' | 'role' | 'run' | keyof Hooks>;

/** A declaration that generated code brings. */
export interface Declaration {
  /**
   * @param actor - the class that implements it, or undefined where nothing of it will run.
   * @throws InvalidDeclaration naming what cannot be used about it.
   */
  [DECLARE](actor: ActorClass | undefined): DeclaredParts;
}
