package dev.everact;

/**
 * Where the library's own messages go. The logger is made when there is something to say: it brings
 * in classes that a quiet engine never needs.
 */
final class Log {
  private Log() {}

  private static final class Lazily {
    private static final System.Logger LOGGER = System.getLogger("dev.everact");

    private Lazily() {}
  }

  static System.Logger get() {
    return Lazily.LOGGER;
  }
}
