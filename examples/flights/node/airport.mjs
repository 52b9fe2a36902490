/** The actor: one airport, its key the airport's code. */

import { Actor, handler } from 'everact';

const flight = { delay: 'integer', distance: 'integer' };

/** Departures, arrivals, and three numbers over both. */
export class Airport extends Actor {
  static handlers = {
    departed: handler({ message: { ...flight, destination: 'string', date: 'string' } }),
    arrived: handler({ message: flight }),
    report: handler({ readOnly: true }),
  };
  departures = 0;
  arrivals = 0;
  delay_sum = 0;
  distance_sum = 0;
  worst_delay = 0;

  departed({ destination, delay, distance }, context) {
    this.departures += 1;
    this.#count(delay, distance);
    context.tell(context.actor(Airport, destination), 'arrived', { delay, distance });
  }

  arrived({ delay, distance }) {
    this.arrivals += 1;
    this.#count(delay, distance);
  }

  report() {
    return { ...this };
  }

  #count(delay, distance) {
    this.delay_sum += delay;
    this.distance_sum += distance;
    this.worst_delay = Math.max(this.worst_delay, delay);
  }
}
