/** The same five numbers from the files alone, by an ordinary loop: what the actors are compared with. */

const NUMBERS = ['departures', 'arrivals', 'delay_sum', 'distance_sum', 'worst_delay'];

/** Airport code -> its five numbers. */
export function groupBy(records) {
  const totals = new Map();
  const count = (code, side, { delay, distance }) => {
    let total = totals.get(code);
    if (total === undefined) {
      total = { departures: 0, arrivals: 0, delay_sum: 0, distance_sum: 0, worst_delay: 0 };
      totals.set(code, total);
    }
    total[side] += 1;
    total.delay_sum += delay;
    total.distance_sum += distance;
    total.worst_delay = Math.max(total.worst_delay, delay);
  };
  for (const record of records) {
    count(record.origin, 'departures', record);
    count(record.destination, 'arrivals', record);
  }
  return totals;
}

/** Whether an actor's report and the group-by's numbers are the same. */
export function isEqual(report, total) {
  return NUMBERS.every((name) => report[name] === total[name]);
}
