// Requests to behaviours on their way to the core, and their answers.
package dev.everact;

import com.fasterxml.jackson.databind.JsonNode;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.internal.Bytes;
import dev.everact.internal.Layout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Writes MANAGE commands and reads what comes back. */
final class Managing {
  /** Reads an answer. */
  static final Codec ANSWER =
      new Codec() {
        @Override
        void encode(Object value, Bytes out) throws Misfit {
          throw new Misfit("an answer of a behaviour's is only read");
        }

        @Override
        Object decode(byte[] from, int at, int length) throws Misfit {
          return length == 0
              ? Stats.MAPPER.missingNode()
              : Notes.tree(Arrays.copyOfRange(from, at, at + length));
        }

        @Override
        boolean readsEmpty() {
          return true;
        }
      };

  private Managing() {}

  /**
   * Asks a behaviour.
   *
   * @param what one of {@code Layout.MANAGE_*}
   * @param request as {@link Configuration} writes it
   */
  static CompletableFuture<JsonNode> ask(ProcessRef<?> to, int what, int flags, Object request) {
    Host host = to.bound();
    Bytes json = new Bytes(256);
    Configuration.write(request, json);
    TurnContext within = to.within();
    AskFuture<JsonNode> future =
        new AskFuture<>(host, new Outgoing(null, false, null, ANSWER), null);
    int deadline = what == Layout.MANAGE_STOP ? Layout.NO_DEADLINE : 0;
    host.submit(
        within,
        (out, id) -> {
          int at = out.begin(Layout.MANAGE_TYPE, Layout.MANAGE_FIXED_BYTES, flags, id);
          out.setU16(at + Layout.MANAGE_WHAT_AT, what);
          out.setI32(at + Layout.MANAGE_JSON_BYTES_AT, json.length);
          out.setI64(at + Layout.MANAGE_TURN_AT, within == null ? 0 : within.turn().id);
          out.setI64(at + Layout.MANAGE_PROCESS_AT, to.number());
          out.setI32(at + Layout.MANAGE_DEADLINE_MS_AT, deadline);
          out.write(json.array, 0, json.length);
          out.end(at);
        },
        future.ask());
    return future;
  }

  /** Has a behaviour end in good order. */
  static CompletableFuture<Void> stop(ProcessRef<?> to, ExitReason reason) {
    Map<String, Object> why = new LinkedHashMap<>();
    byte[] detail = Commands.detail(reason);
    if (reason instanceof ExitReason.Normal) {
      why.put("is", "normal");
    } else if (reason instanceof ExitReason.Shutdown) {
      why.put("is", "shutdown");
    } else if (reason instanceof ExitReason.Custom) {
      why.put("is", "custom");
    } else {
      throw new InvalidArgumentException(
          "a behaviour stops with normal, shutdown or a reason of your own, not with " + reason);
    }
    if (detail.length > 0) {
      why.put("detail", new Configuration.Written(new String(detail, StandardCharsets.UTF_8)));
    }
    return ask(to, Layout.MANAGE_STOP, 0, Map.of("reason", why)).thenApply(answer -> null);
  }
}
