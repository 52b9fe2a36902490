// Finds and loads the native library: a file that a property names, else the one from the
// classifier jar,
// unpacked once into a cache folder named by version and hash.
package dev.everact.internal;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.CRC32;

/** Loads the native library of this platform. */
final class Library {
  /** Names the library's file; for development and for platforms that we do not build. */
  private static final String FILE_PROPERTY = "everact.library";

  /** Names the folder to unpack into. */
  private static final String CACHE_PROPERTY = "everact.cache";

  /** What the JVM says of a file that another class loader has. */
  private static final String ANOTHER_LOADER = "another classloader";

  private static final int PIECE_BYTES = 8192;

  private Library() {}

  static void load() {
    String file = System.getProperty(FILE_PROPERTY);
    Path library = file == null ? unpacked() : Path.of(file).toAbsolutePath().normalize();
    try {
      System.load(library.toString());
    } catch (UnsatisfiedLinkError e) {
      // The JVM lets one class loader have a file: a second one in this process gets a copy.
      if (e.getMessage() == null || !e.getMessage().contains(ANOTHER_LOADER)) {
        throw e;
      }
      loadCopy(library);
    }
    int found = Native.abiVersion();
    if (found != Layout.ABI_VERSION) {
      throw new UnsatisfiedLinkError(
          "the native library speaks version "
              + found
              + " of the boundary, this SDK speaks "
              + Layout.ABI_VERSION);
    }
  }

  private static void loadCopy(Path library) {
    try {
      Path copy = Files.createTempFile("everact-", "-" + library.getFileName());
      try {
        Files.copy(library, copy, StandardCopyOption.REPLACE_EXISTING);
        System.load(copy.toString());
      } finally {
        // Where a loaded file cannot be deleted, it goes when the JVM does.
        if (!copy.toFile().delete()) {
          copy.toFile().deleteOnExit();
        }
      }
    } catch (IOException e) {
      throw (Error)
          new UnsatisfiedLinkError("the native library cannot be copied: " + e).initCause(e);
    }
  }

  /** {@code linux-x86_64} and its like, as the classifier jars are named. */
  static String platform() {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String processor = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    String os =
        system.startsWith("mac") ? "macos" : system.startsWith("windows") ? "windows" : system;
    String arch =
        switch (processor) {
          case "amd64", "x86_64" -> "x86_64";
          case "aarch64", "arm64" -> "aarch64";
          default -> processor;
        };
    return os + "-" + arch;
  }

  private static Path unpacked() {
    String name = System.mapLibraryName("everact_jvm");
    String resource = "/META-INF/everact/" + platform() + "/" + name;
    try (InputStream in = Library.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new UnsatisfiedLinkError(
            "no native library for "
                + platform()
                + " on the class path: depend on dev.everact:everact-all, or on"
                + " dev.everact:everact with the classifier "
                + platform());
      }
      byte[] library = in.readAllBytes();
      return place(library, name);
    } catch (IOException e) {
      throw (Error)
          new UnsatisfiedLinkError("the native library cannot be unpacked: " + e).initCause(e);
    }
  }

  /** The library's file in the cache; the first folder that can be written wins. */
  private static Path place(byte[] library, String name) throws IOException {
    String version = Library.class.getPackage().getImplementationVersion();
    String folder = (version == null ? "development" : version) + "-" + hash(library);
    IOException last = null;
    for (Path root :
        new Path[] {cache(), Path.of(System.getProperty("java.io.tmpdir"), "everact-" + user())}) {
      try {
        return write(root.resolve(folder), name, library);
      } catch (IOException e) {
        last = e;
      }
    }
    throw last;
  }

  private static Path cache() {
    String named = System.getProperty(CACHE_PROPERTY);
    if (named != null) {
      return Path.of(named).toAbsolutePath();
    }
    String xdg = System.getenv("XDG_CACHE_HOME");
    Path home = Path.of(System.getProperty("user.home"));
    return (xdg == null || xdg.isEmpty() ? home.resolve(".cache") : Path.of(xdg))
        .resolve("everact")
        .toAbsolutePath();
  }

  private static String user() {
    return System.getProperty("user.name").replaceAll("[^A-Za-z0-9_-]", "_");
  }

  /**
   * Written beside and moved into place, so that processes that start together never see half a
   * file.
   */
  private static Path write(Path folder, String name, byte[] library) throws IOException {
    Path target = folder.resolve(name);
    if (holds(target, library)) {
      return target;
    }
    Files.createDirectories(folder);
    Path part = Files.createTempFile(folder, name, ".part");
    try {
      Files.write(part, library);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (FileAlreadyExistsException e) {
      Files.delete(part);
    } catch (IOException e) {
      Files.deleteIfExists(part);
      throw e;
    }
    return target;
  }

  /**
   * Tells builds of one version apart; what lies in the folder is compared byte for byte anyway.
   */
  private static String hash(byte[] library) {
    CRC32 checksum = new CRC32();
    checksum.update(library);
    return Long.toHexString(checksum.getValue()) + "-" + Integer.toHexString(library.length);
  }

  /**
   * In small pieces: the JDK keeps what it needs for one large read as long as the thread lives.
   */
  private static boolean holds(Path file, byte[] library) throws IOException {
    if (!Files.isRegularFile(file) || Files.size(file) != library.length) {
      return false;
    }
    byte[] piece = new byte[PIECE_BYTES];
    try (InputStream in = new FileInputStream(file.toFile())) {
      int at = 0;
      for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
        if (at + read > library.length || !Arrays.equals(piece, 0, read, library, at, at + read)) {
          return false;
        }
        at += read;
      }
      return at == library.length;
    }
  }
}
