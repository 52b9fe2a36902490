// A kind of processes that receive their messages themselves: one function, which lives as long as
// the process.
package dev.everact;

import dev.everact.errors.InvalidDeclarationException;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A kind of processes in receive style. Its messages are the classes that a sealed type permits (or
 * one class); it is listed when an engine opens, as actors are.
 *
 * <pre>{@code
 * sealed interface Message permits Ping, Finished {}
 * record Ping(ProcessRef<Pong> from) implements Message {}
 * record Finished() implements Message {}
 *
 * static final ProcessKind<Message, Void> PONG = ProcessKind.receiving("pong", Message.class, context -> {
 *   while (context.receive() instanceof Ping ping) {
 *     ping.from().tell(new Pong());
 *   }
 * });
 *
 * Engine engine = Engine.inMemory(Kinds.of(PONG));
 * }</pre>
 *
 * <p>Where the function returns, the process ends with {@link ExitReason#NORMAL}; what it throws
 * ends the process as {@link ExitReason.Failed}. The function runs on a thread of its own: a
 * virtual one from JDK 21 on, else one of at most {@link Options#receiverThreadsMax}.
 *
 * @param <M> its messages
 * @param <A> its argument; {@code Void} for none
 */
public final class ProcessKind<M, A> {
  /**
   * What such a process does.
   *
   * @param <M> its messages
   * @param <A> its argument
   */
  @FunctionalInterface
  public interface Body<M, A> {
    /**
     * Runs as long as the process.
     *
     * @param context where its messages are
     * @param argument what it was spawned with
     * @throws Exception ends the process as failed
     */
    void run(ProcessContext<M> context, A argument) throws Exception;
  }

  /**
   * What a process without an argument does.
   *
   * @param <M> its messages
   */
  @FunctionalInterface
  public interface PlainBody<M> {
    /**
     * Runs as long as the process.
     *
     * @param context where its messages are
     * @throws Exception ends the process as failed
     */
    void run(ProcessContext<M> context) throws Exception;
  }

  private final String name;
  private final Class<M> messages;
  private final Class<A> argument;
  private final Body<M, A> body;
  private final List<Class<?>> types;

  private ProcessKind(String name, Class<M> messages, Class<A> argument, Body<M, A> body) {
    this.name = Objects.requireNonNull(name, "name");
    this.messages = Objects.requireNonNull(messages, "messages");
    this.argument = Objects.requireNonNull(argument, "argument");
    this.body = Objects.requireNonNull(body, "body");
    List<Class<?>> found = new ArrayList<>();
    collect(messages, found);
    types = List.copyOf(found);
  }

  /**
   * A kind of processes that get an argument.
   *
   * @param <M> their messages
   * @param <A> their argument
   * @param name the kind's name
   * @param messages a sealed type, whose classes are the messages; or the class of all messages
   * @param argument the argument's class
   * @param body what such a process does
   * @return the kind
   */
  public static <M, A> ProcessKind<M, A> receiving(
      String name, Class<M> messages, Class<A> argument, Body<M, A> body) {
    return new ProcessKind<>(name, messages, argument, body);
  }

  /**
   * A kind of processes without an argument.
   *
   * @param <M> their messages
   * @param name the kind's name
   * @param messages a sealed type, whose classes are the messages; or the class of all messages
   * @param body what such a process does
   * @return the kind
   */
  public static <M> ProcessKind<M, Void> receiving(
      String name, Class<M> messages, PlainBody<M> body) {
    Objects.requireNonNull(body, "body");
    return new ProcessKind<>(name, messages, Void.class, (context, none) -> body.run(context));
  }

  /** The classes whose objects are messages. */
  private void collect(Class<?> type, List<Class<?>> into) {
    if (type.isSealed()) {
      for (Class<?> permitted : type.getPermittedSubclasses()) {
        collect(permitted, into);
      }
    }
    boolean made = !type.isInterface() && !Modifier.isAbstract(type.getModifiers());
    if (made && !into.contains(type)) {
      into.add(type);
    } else if (!made && !type.isSealed()) {
      throw new InvalidDeclarationException(
          "process "
              + name
              + " receives "
              + type.getSimpleName()
              + ", which is neither a class nor sealed");
    }
  }

  /**
   * The kind's name.
   *
   * @return the name, the same in every language
   */
  public String name() {
    return name;
  }

  Class<M> messages() {
    return messages;
  }

  Class<A> argument() {
    return argument;
  }

  List<Class<?>> types() {
    return types;
  }

  Body<M, A> body() {
    return body;
  }
}
