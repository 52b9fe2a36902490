// What a million live processes hold, in a program of its own: their part of the heap, and what lies beside it.
package bench;

import java.nio.file.Path;

/** The bytes of one of a million. */
final class Live {
  private static final String HEAP = "3g";

  private Live() {}

  static double ours(Path folder, double seconds) throws Exception {
    return Programs.number(Child.class, HEAP, "ours");
  }

  static double pekko(Path folder, double seconds) throws Exception {
    return Programs.number(Child.class, HEAP, "pekko");
  }

  /** The program. */
  static final class Child {
    private Child() {}

    /**
     * Prints the bytes that one costs.
     *
     * @param arguments whose
     * @throws Exception what keeps it from measuring
     */
    public static void main(String[] arguments) throws Exception {
      boolean ours = arguments[0].equals("ours");
      double before = Programs.used() + Programs.resident();
      Object all = ours ? Processes.live() : Pekko.live();
      double after = Programs.used() + Programs.resident();
      System.out.println((after - before) / Processes.LIVE);
      Runtime.getRuntime().halt(all == null ? 1 : 0);
    }
  }
}
