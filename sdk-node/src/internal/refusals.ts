/**
 * Refuses what a declaration says wrongly.
 */

import { InvalidDeclaration } from '../errors.js';
import { unknownOption } from './known.js';

/** Refuses options that nothing would obey. */
export function refuseUnknown(owner: string, given: object, known: object, what: string): void {
  const fault = unknownOption(given, known, what);
  if (fault !== undefined) {
    throw new InvalidDeclaration(`${owner}: ${fault}`);
  }
}

/** An option that is true or false, false when left out: what is neither would be taken for false in silence. */
export function flag(owner: string, name: string, value: unknown): boolean {
  if (value !== undefined && typeof value !== 'boolean') {
    throw new InvalidDeclaration(
      `${owner}: ${name} is true or false, not ${describeValue(value).toLowerCase()}.`,
    );
  }
  return value === true;
}

/** A value in words. */
export function describeValue(value: unknown): string {
  return typeof value === 'function' ? `The function ${value.name || '(unnamed)'}` : `A ${typeof value}`;
}
