// How a connection is made: where to, as whom, and when to try again.
package dev.everact;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A connection's settings. Not for several threads at once.
 *
 * <pre>{@code
 * Connection.open(ConnectOptions.to("https://a:8443", "https://b:8443").token(token), Airport.class);
 * }</pre>
 */
public final class ConnectOptions {
  /** Settings that an engine has too: the bounds of asks on this side. */
  private static final Set<String> BOUNDS =
      Set.of("ask_timeout_ms", "message_bytes_max", "pending_asks_max");

  private final Map<String, Object> connect = new LinkedHashMap<>();
  private final Map<String, Object> settings = new LinkedHashMap<>();
  private ObjectMapper mapper;

  private ConnectOptions() {}

  /**
   * Where to connect.
   *
   * @param addresses of gateways, {@code http://host:port} or {@code https://host:port}; asks are
   *     spread over them
   * @return fresh options
   */
  public static ConnectOptions to(String... addresses) {
    return new ConnectOptions().set("addresses", List.of(addresses));
  }

  /**
   * Any setting of a connection by its name in the gateway's guide, and the bounds {@code
   * ask_timeout_ms}, {@code message_bytes_max} and {@code pending_asks_max}, which are those of an
   * engine.
   *
   * @param name the setting, for instance {@code retry_first_ms}
   * @param value a number, a text or a list of texts
   * @return these options
   */
  public ConnectOptions set(String name, Object value) {
    (BOUNDS.contains(name) ? settings : connect).put(name, value);
    return this;
  }

  /**
   * A bearer token that goes with each message.
   *
   * @param token the token
   * @return these options
   */
  public ConnectOptions token(String token) {
    return set("token", token);
  }

  /**
   * The authority that must have signed the gateway's certificate, in place of those that the
   * system trusts.
   *
   * @param file PEM
   * @return these options
   */
  public ConnectOptions authority(Path file) {
    return set("authority_file", file.toString());
  }

  /**
   * A certificate of one's own, where the gateway asks for one.
   *
   * @param certificate PEM
   * @param key PEM
   * @return these options
   */
  public ConnectOptions certificate(Path certificate, Path key) {
    return set("certificate_file", certificate.toString()).set("key_file", key.toString());
  }

  /**
   * The name that the gateway's certificate must have, where it is not the address's.
   *
   * @param name a host's name
   * @return these options
   */
  public ConnectOptions serverName(String name) {
    return set("server_name", name);
  }

  /**
   * How long connecting may take.
   *
   * @param timeout to the millisecond
   * @return these options
   */
  public ConnectOptions connectTimeout(Duration timeout) {
    return set("connect_timeout_ms", timeout.toMillis());
  }

  /**
   * How often a connection on which nothing happens is asked whether it still stands.
   *
   * @param interval to the millisecond
   * @return these options
   */
  public ConnectOptions keepalive(Duration interval) {
    return set("keepalive_ms", interval.toMillis());
  }

  /**
   * How long to wait before a lost connection is tried again.
   *
   * @param first the first time
   * @param most as it grows from time to time
   * @return these options
   */
  public ConnectOptions retry(Duration first, Duration most) {
    return set("retry_first_ms", first.toMillis()).set("retry_most_ms", most.toMillis());
  }

  /**
   * The deadline of asks that name none.
   *
   * @param timeout to the millisecond
   * @return these options
   */
  public ConnectOptions askTimeout(Duration timeout) {
    return set("ask_timeout_ms", timeout.toMillis());
  }

  /**
   * A Jackson mapper for messages and replies, in place of the strict one with names in snake case.
   *
   * @param other the mapper; not to be changed afterwards
   * @return these options
   */
  public ConnectOptions mapper(ObjectMapper other) {
    mapper = other;
    return this;
  }

  Map<String, Object> settings() {
    Map<String, Object> all = new LinkedHashMap<>(settings);
    all.put("connect", connect);
    return all;
  }

  Json json() {
    ObjectMapper given = mapper;
    return new Json(given);
  }
}
