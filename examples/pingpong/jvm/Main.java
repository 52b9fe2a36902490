// Erlang's ping-pong: two processes, each of which receives its messages itself.
import dev.everact.*;

public class Main {
  sealed interface ToPong permits Ping, Finished {}
  record Ping(ProcessRef<Pong> from) implements ToPong {}
  record Finished() implements ToPong {}
  record Pong() {}

  record Game(int times, ProcessRef<ToPong> pong) {}

  static final ProcessKind<ToPong, Void> PONG =
      ProcessKind.receiving("pong", ToPong.class, context -> {
        while (context.receive() instanceof Ping ping) {
          System.out.println("Pong received ping");
          ping.from().tell(new Pong());
        }
        System.out.println("Pong finished");
      });

  static final ProcessKind<Pong, Game> PING =
      ProcessKind.receiving("ping", Pong.class, Game.class, (context, game) -> {
        for (int left = game.times(); left > 0; left--) {
          game.pong().tell(new Ping(context.self()));
          context.receive();
          System.out.println("Ping received pong");
        }
        System.out.println("ping finished");
        game.pong().tell(new Finished());
      });

  public static void main(String[] args) {
    try (Engine engine = Engine.inMemory(Kinds.of(PING, PONG))) {
      ProcessRef<ToPong> pong = engine.spawn(PONG);
      engine.spawn(PING, new Game(3, pong));
      pong.ended().join();
    }
  }
}
