/** The generator of Park and Miller: the same throws in every language, so the same seed gives the same calls. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed % 2147483646) + 1;
  }

  /** A number from 0 to one less than `sides`. */
  roll(sides: number): number {
    this.#state = (this.#state * 48271) % 2147483647;
    return this.#state % sides;
  }
}
