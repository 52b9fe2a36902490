// What is measured from the JVM: opens an engine on the data folder given, prints where it listens, ends with its input.
package dev.everact.bench;

import dev.everact.Context;
import dev.everact.Engine;
import dev.everact.Options;
import dev.everact.bench.v1.AddRequest;
import dev.everact.bench.v1.AddResponse;
import dev.everact.bench.v1.CounterActor;
import dev.everact.bench.v1.CounterState;
import dev.everact.bench.v1.EchoActor;
import dev.everact.bench.v1.SayRequest;
import dev.everact.bench.v1.SayResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;

final class Server {
  private Server() {}

  static final class Echo extends EchoActor {
    @Override
    public SayResponse say(SayRequest request, Context context) {
      return SayResponse.newBuilder().setText(request.getText()).build();
    }
  }

  static final class Counter extends CounterActor {
    @Override
    public AddResponse add(AddRequest request, Context context) {
      long value = getState().getValue() + request.getAmount();
      setState(CounterState.newBuilder().setValue(value).build());
      return AddResponse.newBuilder().setValue(value).build();
    }
  }

  public static void main(String[] arguments) throws IOException {
    Options options = Options.onFolder(Path.of(arguments[0])).listen("127.0.0.1:0").gateway(java.util.Map.of("serve", "all"));
    try (Engine engine = Engine.open(options, Echo.class, Counter.class)) {
      System.out.println(engine.address().orElseThrow());
      System.in.transferTo(OutputStream.nullOutputStream());
    }
  }
}
