/**
 * What JSON would leave out of a list without a word: properties beside its items.
 */

import { inspect } from 'node:util';

/** Up to here the names of a list are counted; for a longer one, each of its indices would become a text. */
const COUNTED_MAX = 1024;
const INSPECTED = Object.freeze({ maxArrayLength: 0, depth: 0, customInspect: false });

/** Whether a list has properties beside its items. */
export function hasNames(list: unknown[]): boolean {
  const { length } = list;
  // Node shows what a list is without its items at no cost for these. If it showed it in other words, the names are counted.
  if (length > COUNTED_MAX && inspect(list, INSPECTED) === `[ ... ${String(length)} more items ]`) {
    return false;
  }
  return Object.keys(list).length !== length;
}
