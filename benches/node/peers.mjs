/**
 * The peers: an actor as a JavaScript programmer writes it by hand, a queue and a loop of promises (no durability, no
 * addresses), with the same JSON codec and without; and nact, an actor library.
 */

import { dispatch, query, spawn, start, stop } from 'nact';

import { loops, sequence } from './asks.mjs';

/** Counts; messages wait in a queue that a loop empties. */
class QueueActor {
  #queue = [];
  #wake = undefined;
  #value = 0;

  constructor(codec) {
    void this.#run(codec);
  }

  ask(message) {
    return new Promise((resolve, reject) => {
      this.#queue.push({ message, resolve, reject });
      this.#wake?.();
    });
  }

  async #run({ encode, decode }) {
    for (;;) {
      if (this.#queue.length === 0) {
        await new Promise((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
      for (const { message, resolve, reject } of this.#queue.splice(0)) {
        try {
          this.#value += decode(encode(message));
          resolve(decode(encode(this.#value)));
        } catch (error) {
          reject(error);
        }
      }
    }
  }
}

const json = { encode: JSON.stringify, decode: JSON.parse };

const warmed = async (measure, seconds) => {
  await measure(seconds / 5);
  return measure(seconds);
};

export const queueSeq = (_folder, seconds) => {
  const actor = new QueueActor(json);
  return warmed((time) => sequence(() => actor.ask(1), time), seconds);
};

export const queueConc = (_folder, seconds) => {
  const own = Array.from({ length: 1_000 }, () => new QueueActor(json));
  return warmed((time) => loops((caller) => own[caller].ask(1), time), seconds);
};

export const nactSeq = async (_folder, seconds) => {
  const system = start();
  const actor = spawn(system, (value = 0, { amount, sender }) => {
    dispatch(sender, value + amount);
    return value + amount;
  });
  const ask = () => query(actor, (sender) => ({ amount: 1, sender }), 30_000);
  const rate = await warmed((time) => sequence(ask, time), seconds);
  stop(system);
  return rate;
};
