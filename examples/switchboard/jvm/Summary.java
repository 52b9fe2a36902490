// What is printed at the end, and whether it adds up.
package switchboard;

/** Figures from five places: the exchange, chaos, both handlers of events, the lines, the tree. */
record Summary(
    Traffic.Day day,
    Exchange.Tally tally,
    Chaos.Kills kills,
    int bills,
    int starts,
    int idle,
    long callsLeft) {

  /** The same in every language. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("seed " + day.seed() + "\n");
    row(text, "calls begun", tally.begun());
    row(text, "  completed", tally.completed());
    row(text, "  busy", tally.busy());
    row(text, "  given up", tally.givenUp());
    row(text, "  killed", tally.killed());
    row(text, "  line lost", tally.lineLost());
    row(text, "bills", bills);
    row(text, "calls killed by chaos", kills.calls());
    row(text, "lines killed by chaos", kills.lines());
    row(text, "lines restarted", starts - day.lines());
    row(text, "lines idle", idle);
    row(text, "calls left in the tree", callsLeft);
    return text + (addsUp() ? "it adds up" : "IT DOES NOT ADD UP");
  }

  private static void row(StringBuilder text, String name, long count) {
    text.append("%-24s%6d\n".formatted(name, count));
  }

  /** Every call has ended in one way, every kill was seen by both sides, every line is back. */
  boolean addsUp() {
    return tally.open() == 0
        && tally.begun() == day.calls()
        && tally.completed() == bills
        && tally.killed() == kills.calls()
        && starts - day.lines() == kills.lines()
        && idle == day.lines()
        && callsLeft == 0;
  }
}
