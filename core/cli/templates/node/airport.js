import { Actor, handler } from 'reenact';

/** One durable actor for each airport: counts the flights that have landed. */
export class Airport extends Actor {
  static handlers = {
    landed: handler({ message: 'integer' }),
    count: handler({ readOnly: true }),
  };

  flights = 0;
  minutesLate = 0;

  /** Counts a flight and returns the mean delay so far. */
  landed(delay) {
    this.flights += 1;
    this.minutesLate += Math.max(delay, 0);
    return this.minutesLate / this.flights;
  }

  /** How many flights have landed. */
  count() {
    return this.flights;
  }
}
