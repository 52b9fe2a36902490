/**
 * Names as every language has them.
 */

/** `FailAfter` and `failAfter` are `fail_after` in every language. */
export function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}
