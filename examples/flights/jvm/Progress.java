// A progress bar on stderr: one line written again and again on a terminal, else a line every 10 %.
package flights;

/** Counts what is done; for any thread. */
final class Progress {
  private static final int WIDTH = 40;
  private static final long REDRAW_NANOS = 50_000_000;

  private final int total;
  private final boolean terminal = System.console() != null;
  private final long begin = System.nanoTime();
  private int done;
  private long drawn;
  private int tenths;

  Progress(int total) {
    this.total = total;
  }

  /** So many were done before; the last of them may be counted once more. */
  synchronized void begin(int known) {
    done += known;
  }

  synchronized void step() {
    done = Math.min(done + 1, total);
    long now = System.nanoTime();
    if (terminal && (now - drawn > REDRAW_NANOS || done == total)) {
      drawn = now;
      System.err.print("\r" + line(now) + (done == total ? "\n" : ""));
    } else if (!terminal && done * 10L / total > tenths) {
      tenths = (int) (done * 10L / total);
      System.err.println(line(now));
    }
  }

  private String line(long now) {
    int filled = (int) ((long) done * WIDTH / total);
    long rate = (long) (done * 1e9 / Math.max(1, now - begin));
    return "[" + "#".repeat(filled) + ".".repeat(WIDTH - filled) + "] " + done * 100L / total + " % " + done + "/" + total
        + " " + rate + "/s";
  }
}
