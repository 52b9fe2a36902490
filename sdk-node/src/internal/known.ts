/**
 * Options that nobody reads are mistakes: JavaScript would ignore a misspelt name, and leave out what it asked for.
 */

/** Names of options: a record, so that TypeScript demands each name of the type that they belong to. */
export type Known<T> = Readonly<Record<keyof T & string, true>>;

/**
 * What is wrong with the first option that is not known, as the end of a sentence; undefined where all are.
 *
 * @param given - the options; those that are undefined are not given.
 * @param known - an object with the names that there are.
 * @param what - what an option is called, for example `option of a handler`.
 */
export function unknownOption(given: object, known: object, what: string): string | undefined {
  const stranger = Object.entries(given).find(
    ([name, value]) => value !== undefined && !Object.hasOwn(known, name),
  );
  if (stranger === undefined) {
    return undefined;
  }
  const [name] = stranger;
  const names = Object.keys(known);
  const near = nearest(name, names);
  const hint = near === undefined ? '' : ` (did you mean ${near}?)`;
  return `"${name}" is no ${what}${hint}; known are ${names.join(', ')}.`;
}

/** The name that was probably meant: at least half of its letters are in their place. */
function nearest(asked: string, names: readonly string[]): string | undefined {
  let found: string | undefined;
  let least = Infinity;
  for (const name of names) {
    const away = distance(bare(asked), bare(name));
    if (away < least && 2 * away <= Math.max(asked.length, name.length)) {
      found = name;
      least = away;
    }
  }
  return found;
}

/** A name without what languages write differently. */
function bare(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}

/** How many characters must be put in, taken out or replaced to make one name the other. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [i, c] of Array.from(one).entries()) {
    const next = [i + 1];
    for (const [j, d] of Array.from(other).entries()) {
      const replaced = (row[j] ?? 0) + (c === d ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
