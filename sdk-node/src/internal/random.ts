/**
 * The randomness of a turn: SplitMix64 (Steele, Lea, Flood 2014), the same numbers in every language.
 */

const MASK = 0xffff_ffff_ffff_ffffn;
const GAMMA = 0x9e37_79b9_7f4a_7c15n;
const FIRST_FACTOR = 0xbf58_476d_1ce4_e5b9n;
const SECOND_FACTOR = 0x94d0_49bb_1331_11ebn;

/** The random numbers of one turn, in order. */
export class Randomness {
  #seed: bigint;

  /** @param low - the seed's lower half. @param high - its upper half. */
  constructor(low: number, high: number) {
    this.#seed = (BigInt(high) << 32n) | BigInt(low);
  }

  /** The next 64 bits. */
  next(): bigint {
    this.#seed = (this.#seed + GAMMA) & MASK;
    let mixed = this.#seed;
    mixed = ((mixed ^ (mixed >> 30n)) * FIRST_FACTOR) & MASK;
    mixed = ((mixed ^ (mixed >> 27n)) * SECOND_FACTOR) & MASK;
    return mixed ^ (mixed >> 31n);
  }

  /** A number, at least 0 and below 1: the upper 53 bits. */
  number(): number {
    return Number(this.next() >> 11n) / 2 ** 53;
  }

  /** A version-4 UUID of two draws. */
  uuid(): string {
    const first = (this.next() & ~0xf000n) | 0x4000n;
    const second = (this.next() & ~(0xc000n << 48n) & MASK) | (0x8000n << 48n);
    const hex = first.toString(16).padStart(16, '0') + second.toString(16).padStart(16, '0');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }
}
