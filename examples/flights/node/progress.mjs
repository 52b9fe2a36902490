/** A progress bar on stderr: one line that is written again, or a line every 10 % where stderr is no terminal. */

const WIDTH = 40;
const REDRAW_MS = 50;

export class Progress {
  #total;
  #done = 0;
  #begin = performance.now();
  #drawn = 0;
  #tenths = 0;

  constructor(total) {
    this.#total = total;
  }

  /** One more record is done. */
  step() {
    this.#done += 1;
    if (process.stderr.isTTY) {
      const now = performance.now();
      if (now - this.#drawn >= REDRAW_MS || this.#done === this.#total) {
        this.#drawn = now;
        process.stderr.write(`\r${this.#line()}${this.#done === this.#total ? '\n' : ''}`);
      }
      return;
    }
    const tenths = Math.floor((this.#done * 10) / this.#total);
    if (tenths > this.#tenths) {
      this.#tenths = tenths;
      process.stderr.write(`${this.#line()}\n`);
    }
  }

  #line() {
    const share = this.#done / this.#total;
    const bar = '#'.repeat(Math.floor(share * WIDTH)).padEnd(WIDTH, '.');
    const rate = Math.floor((this.#done * 1000) / (performance.now() - this.#begin));
    return `[${bar}] ${Math.floor(share * 100)} % ${this.#done}/${this.#total} ${rate}/s`;
  }
}
