// Who calls from outside, as the gateway knows it.
package dev.everact;

import java.util.Map;

/**
 * Whoever a message came from, first of all: an actor that another one asks or tells sees the same.
 *
 * @param by {@code token}, {@code jwt}, {@code certificate} or {@code anonymous}
 * @param name the token's name, the JWT's subject, the certificate's; empty for anonymous callers
 * @param claims what the JWT says; else empty
 */
public record Caller(String by, String name, Map<String, Object> claims) {
  /**
   * What was not said is empty.
   *
   * @param by how the caller is known
   * @param name the caller's name
   * @param claims what else is said of the caller
   */
  public Caller {
    by = by == null ? "" : by;
    name = name == null ? "" : name;
    claims = claims == null ? Map.of() : claims;
  }
}
