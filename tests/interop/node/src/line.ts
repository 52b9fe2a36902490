/**
 * What both stories print.
 */

/** Prints a line of the story; counts of 64 bits are written as numbers. */
export function say(step: string, fields: object): void {
  const line = { step, ...fields };
  console.log(
    JSON.stringify(line, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
  );
}

/** The two fields that most lines have. */
export function count(reply: { flights: bigint | number; meanDelay: number }): object {
  return { flights: reply.flights, mean_delay: reply.meanDelay };
}
