// A process that does what it is told. Commands overtake its other messages, which wait until it is told to receive them.
package oracle;

import dev.everact.Asker;
import dev.everact.Monitor;
import dev.everact.ProcessContext;
import dev.everact.ProcessKind;
import dev.everact.ProcessRef;
import java.time.Duration;
import java.util.List;

final class Puppet {
  /** What it receives. */
  sealed interface Message {
    /** A command. */
    record Do(List<Object> command) implements Message {}

    /** A question whose answer says that everything before it has arrived. */
    record Ping() implements Message {}

    /** A message of the scenario's. */
    record Told(String tag) implements Message {}
  }

  /** What it begins with. */
  record Born(String name, List<List<Object>> first) {}

  /** The function returns. */
  static final class Returns extends Error {
    private static final long serialVersionUID = 1L;
  }

  static final ProcessKind<Message, Born> KIND =
      ProcessKind.receiving("puppet", Message.class, Born.class, Puppet::run);

  private Puppet() {}

  @SuppressWarnings("unchecked") // A scenario's commands are lists.
  static Born born(List<?> command, int nameAt) {
    List<?> first = command.subList(nameAt + 1, command.size());
    return new Born((String) command.get(nameAt), (List<List<Object>>) first);
  }

  private static void run(ProcessContext<Message> context, Born born) {
    World.here().enter(born.name(), context.self());
    Hands hands = new Hands(context);
    Acts acts = new Acts(hands);
    hands.acts = acts;
    try {
      for (List<Object> act : born.first()) {
        acts.act(context, act);
      }
      while (true) {
        Message message = context.receive(next -> !(next instanceof Message.Told));
        Asker asker = context.asker().orElseThrow();
        asker.reply(message instanceof Message.Do told ? acts.act(context, told.command()) : "pong");
      }
    } catch (Returns e) {
      return;
    }
  }

  /** The mailbox of such a process. */
  private static final class Hands implements Acts.Mailbox {
    private final ProcessContext<Message> context;
    private Acts acts;

    Hands(ProcessContext<Message> context) {
      this.context = context;
    }

    @Override
    public Object take(List<?> pattern, Duration time) {
      return context.poll(Object.class, message -> isWanted(acts, pattern, message), time).orElse(null);
    }

    @Override
    public void down(Monitor monitor) {
      context.receive(monitor);
    }
  }

  private static boolean isWanted(Acts acts, List<?> pattern, Object message) {
    boolean command = message instanceof Message.Do || message instanceof Message.Ping;
    return !command && acts.fits(pattern, message);
  }

  /** Sends a message to a puppet of either sort; to the dead nothing happens. */
  static void send(ProcessRef<?> to, String tag) {
    Message.Told message = new Message.Told(tag);
    if (to.kind().equals(KIND.name())) {
      to.cast(KIND).tell(message);
    } else if (to.kind().equals(ChildPuppet.KIND)) {
      to.cast(ChildPuppet.class).tell(ChildPuppet::message, message);
    }
  }
}
