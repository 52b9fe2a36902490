/**
 * Keeps the process alive while an engine has work: somebody waits, a turn is open, a message is on its way.
 *
 * Node exits when nothing holds its loop, and the core's threads do not. Who waits is known here at any time; whether the core
 * has work is asked when the process is about to exit, so that it costs nothing before.
 */

/** A timer that never fires holds the loop; this is the longest that Node knows. */
const HOLD_MS = 2 ** 31 - 1;
/** How often the core is asked again whether it has finished. */
const LOOK_AGAIN_MS = 20;

/** One lane's hold on the process. */
export class KeepAlive {
  readonly #timer: NodeJS.Timeout;
  readonly #hasWork: () => boolean;
  readonly #beforeExit = (): void => {
    if (this.#hasWork()) {
      // Holds the loop until then; `beforeExit` comes again.
      setTimeout(() => undefined, LOOK_AGAIN_MS);
    }
  };
  #isHeld = false;

  /** @param hasWork - whether the core has work in progress; asked before the process exits. */
  constructor(hasWork: () => boolean) {
    this.#hasWork = hasWork;
    this.#timer = setInterval(() => undefined, HOLD_MS);
    this.#timer.unref();
    process.on('beforeExit', this.#beforeExit);
  }

  /** From now on the process stays, or need not. */
  hold(isHeld: boolean): void {
    if (isHeld === this.#isHeld) {
      return;
    }
    this.#isHeld = isHeld;
    if (isHeld) {
      this.#timer.ref();
    } else {
      this.#timer.unref();
    }
  }

  /** The lane is closed. */
  end(): void {
    clearInterval(this.#timer);
    process.off('beforeExit', this.#beforeExit);
  }
}
