// One durable actor per airport: run it twice, the second run goes on from the state of the first.
import { Actor, Engine, handler } from 'everact';

class Airport extends Actor {
  static override handlers = { landed: handler({ message: 'integer' }) };
  flights = 0;
  landed(delay: number): string {
    this.flights += 1;
    return `flight ${this.flights}, ${delay} minutes late`;
  }
}
const engine = await Engine.open('flights-data', { actors: [Airport] });
console.log(await engine.actor(Airport, 'SFO').landed(12));
await engine.close();
