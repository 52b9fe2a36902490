/** What a scenario knows of its processes: which name is which process, how those of a name ended, and the lines of each log. */

import { textOf } from './terms.mjs';

/** How long is waited for what may never come. */
const WAIT_MS = Number(process.env.ORACLE_WAIT_MS ?? 3000);

class World {
  /** The engine of this scenario. */
  engine = undefined;
  /** Supervisors below others whose children are all alike, by their names: each with the name that it is registered under. */
  alike = new Map();
  /** What the children of a dynamic supervisor are like, by its name. */
  templates = new Map();
  /** The names of durable actors. */
  actors = new Set();
  #newest = new Map();
  #names = new Map();
  #counts = new Map();
  #ends = new Map();
  #logs = new Map();
  #attempts = new Map();
  #starts = new Map();
  #waiting = new Set();

  /** Begins with nothing. */
  renew(engine) {
    this.engine = engine;
    for (const table of [
      this.#newest,
      this.#names,
      this.#counts,
      this.#ends,
      this.#logs,
      this.#attempts,
      this.#starts,
    ]) {
      table.clear();
    }
    this.#waiting.clear();
    this.alike.clear();
    this.templates.clear();
    this.actors.clear();
  }

  /** A process takes a name; a later one of the same name is its next instance. Its end is kept. */
  enter(name, given) {
    // A reference of a turn would send in its name.
    const process = this.engine.process(given);
    const count = (this.#counts.get(name) ?? 0) + 1;
    const { engine } = this;
    this.#counts.set(name, count);
    this.#newest.set(name, process);
    this.#names.set(process.number, [name, count]);
    process.ended().then(
      (reason) => {
        if (engine === this.engine) {
          this.#end(name, count, textOf(reason));
        }
      },
      () => undefined,
    );
    this.#noticed();
  }

  #end(name, count, reason) {
    const ends = this.#ends.get(name) ?? new Map();
    this.#ends.set(name, ends.set(count, reason));
    this.#noticed();
  }

  /** Enters those that have no child of ours to say that they begin. What begins after them looks here first. */
  notice() {
    for (const [name, registered] of this.alike) {
      const found = this.engine.whereis(registered);
      if (found !== undefined && !this.#names.has(found.number)) {
        this.enter(name, found);
        this.write('tree', `start ${name}`);
      }
    }
  }

  /** How often the start of a child was tried before. */
  attempt(name) {
    const before = this.#attempts.get(name) ?? 0;
    this.#attempts.set(name, before + 1);
    return before;
  }

  write(log, line) {
    this.#logs.set(log, [...(this.#logs.get(log) ?? []), line]);
    this.#noticed();
  }

  /** The newest process of a name. */
  process(name) {
    return this.#newest.get(name);
  }

  /** What a tie leads to: an actor, or the newest process of a name. */
  tied(name) {
    return this.actors.has(name) ? this.engine.actor('resident', name) : this.process(name);
  }

  /** The name of a process, or of an actor. */
  nameOf(who) {
    return who.number === undefined ? who.key : (this.#names.get(who.number)?.[0] ?? '?');
  }

  /** How a process ended, as soon as it has. */
  endOf(process) {
    const [name, count] = this.#names.get(process.number);
    return this.#known(() => this.#ends.get(name)?.get(count));
  }

  /** Waits until the process of a name with this number has ended. */
  async ended(name, count = 1) {
    return (await this.#known(() => this.#ends.get(name)?.get(count))) ?? null;
  }

  /** How the start of a server or a machine comes out. */
  started(process, outcome) {
    this.#starts.set(process.number, outcome);
    this.#noticed();
  }

  /** Waits for that. */
  start(process) {
    return this.#known(() => this.#starts.get(process.number));
  }

  /** Waits until a process has entered. */
  entered(process) {
    return this.#known(() => this.#names.get(process.number));
  }

  /** Waits until a log has so many lines. */
  async log(log, count) {
    const lines = () => this.#logs.get(log) ?? [];
    const there = await this.#known(() => (lines().length >= count ? lines() : undefined));
    return there ?? [['no more lines after', count], ...lines()];
  }

  /** The lines of the tree's log, and how the processes of each name have ended. */
  history() {
    this.notice();
    const ended = [...this.#ends].map(([name, ends]) => {
      const inOrder = [...ends].sort(([one], [other]) => one - other);
      return [name, inOrder.map(([, reason]) => reason)];
    });
    return {
      tree: this.#logs.get('tree') ?? [],
      ended: Object.fromEntries(ended),
    };
  }

  /** Waits until there is an answer, but not for ever. */
  #known(look) {
    const now = look();
    if (now !== undefined) {
      return Promise.resolve(now);
    }
    return new Promise((resolve) => {
      const question = () => {
        const found = look();
        if (found !== undefined) {
          clearTimeout(timer);
          resolve(found);
        }
        return found !== undefined;
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(question);
        resolve(undefined);
      }, WAIT_MS);
      this.#waiting.add(question);
    });
  }

  #noticed() {
    for (const question of this.#waiting) {
      if (question()) {
        this.#waiting.delete(question);
      }
    }
  }
}

export const world = new World();
