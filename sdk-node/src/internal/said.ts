/**
 * Writes values that say themselves what their JSON is (`toJSON`) as what they said when they were checked.
 */

import type { JsonForm } from './json_form.js';

/** A value that its form found fit, as it must be written: itself, or a copy where something in it was asked. */
export function asSaid(value: unknown, { said }: JsonForm): unknown {
  return said === undefined ? value : copy(value, said);
}

function copy(value: unknown, said: ReadonlyMap<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return copyParts(said.has(value) ? said.get(value) : value, said);
}

/** A copy of what was said, which is not asked again; a Date is written as any other. */
function copyParts(value: unknown, said: ReadonlyMap<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (value instanceof Date) {
    return value.toISOString();
  }
  if (Array.isArray(value)) {
    return Array.from(value, (item) => copy(item, said));
  }
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, copy(field, said)]));
}
