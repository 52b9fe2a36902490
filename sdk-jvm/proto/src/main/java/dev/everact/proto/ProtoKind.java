// A kind as generated code declares it: the service, the state, the handlers.
package dev.everact.proto;

import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.Empty;
import com.google.protobuf.Message;
import dev.everact.HandlerMethod;
import dev.everact.Overflow;
import dev.everact.internal.Declaration;
import dev.everact.internal.DeclaredKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;

/**
 * What an engine or a connection must know of a service's actors. Generated code makes one in a
 * static field {@code KIND} and adds its handlers; what is wrong with it is said when an engine
 * opens.
 *
 * @param <A> the actor's class
 * @param <S> the state
 */
public final class ProtoKind<A extends ProtoActor<S>, S extends Message> extends DeclaredKind {
  final String name;
  private final ServiceDescriptor service;
  private final S state;
  private final Map<String, Object> settings = new LinkedHashMap<>();
  private final List<ProtoHandler<?, ?>> handlers = new ArrayList<>();
  private final Map<String, Declaration.ErrorReader> errors = new LinkedHashMap<>();
  private final List<String> faults = new ArrayList<>();

  private ProtoKind(String name, ServiceDescriptor service, S state) {
    this.name = name;
    this.service = service;
    this.state = Objects.requireNonNull(state, "state");
    settings.put("durable", true);
    settings.put("codec", "protobuf");
    if (service == null) {
      faults.add("the descriptor has no such service; generate the code anew");
    } else {
      settings.put("service", service.getFullName());
    }
  }

  /**
   * A durable kind without handlers.
   *
   * @param <A> the actor's class
   * @param <S> the state
   * @param name the kind's name
   * @param service the service
   * @param state an empty state
   * @return the declaration
   */
  public static <A extends ProtoActor<S>, S extends Message> ProtoKind<A, S> of(
      String name, ServiceDescriptor service, S state) {
    return new ProtoKind<>(name, service, state);
  }

  /**
   * Nothing is stored: an actor forgets everything when it leaves memory.
   *
   * @return this declaration
   */
  public ProtoKind<A, S> transientState() {
    settings.put("durable", false);
    return this;
  }

  /**
   * Idle time before an actor leaves memory.
   *
   * @param timeout to the millisecond
   * @return this declaration
   */
  public ProtoKind<A, S> idleTimeout(Duration timeout) {
    settings.put("idle_timeout_ms", timeout.toMillis());
    return this;
  }

  /**
   * How many messages an actor's mailbox holds.
   *
   * @param most the number
   * @return this declaration
   */
  public ProtoKind<A, S> mailboxCapacityMessages(int most) {
    settings.put("mailbox_capacity_messages", most);
    return this;
  }

  /**
   * What happens to a message that finds the mailbox full.
   *
   * @param policy the policy
   * @return this declaration
   */
  public ProtoKind<A, S> overflow(Overflow policy) {
    settings.put("overflow", policy.name().toLowerCase(Locale.ROOT));
    return this;
  }

  /**
   * An error of the application that callers of the methods should know, so that they get its
   * class.
   *
   * @param <D> the message that it is in the .proto
   * @param type its name in every language
   * @param empty a default instance
   * @param make makes one of the sentence for people and what it carries
   * @return this declaration
   */
  public <D extends Message> ProtoKind<A, S> error(
      String type, D empty, BiFunction<String, D, ? extends MessageException> make) {
    errors.put(type, (message, json) -> MessageException.read(empty, make, message, json));
    return this;
  }

  /**
   * What the actors are, for those who look at a running engine.
   *
   * @param lines the text, line by line
   * @return this declaration
   */
  public ProtoKind<A, S> doc(String... lines) {
    settings.put("doc", String.join("\n", lines));
    return this;
  }

  /**
   * Adds a method of one request and one reply.
   *
   * @param <M> the request
   * @param <R> the reply
   * @param name the handler's name
   * @param key the request's field that names the actor; null for none
   * @param request a default instance
   * @param reply a default instance
   * @param method the method
   * @return the handler
   */
  public <M extends Message, R extends Message> ProtoHandler<M, R> unary(
      String name, String key, M request, R reply, HandlerMethod.AskContext1<A, M, R> method) {
    return add(name, key, request, false, reply, false, method);
  }

  /**
   * Adds a method of one request and an empty reply.
   *
   * @param <M> the request
   * @param name the handler's name
   * @param key the request's field that names the actor; null for none
   * @param request a default instance
   * @param method the method
   * @return the handler
   */
  public <M extends Message> ProtoHandler<M, Void> unary(
      String name, String key, M request, HandlerMethod.RunContext1<A, M> method) {
    return add(name, key, request, false, null, false, method);
  }

  /**
   * Adds a method of one request and a list of replies.
   *
   * @param <M> the request
   * @param <R> one reply
   * @param name the handler's name
   * @param key the request's field that names the actor; null for none
   * @param request a default instance
   * @param reply a default instance
   * @param method the method
   * @return the handler
   */
  public <M extends Message, R extends Message> ProtoHandler<M, List<R>> serverStreaming(
      String name,
      String key,
      M request,
      R reply,
      HandlerMethod.AskContext1<A, M, List<R>> method) {
    return add(name, key, request, false, reply, true, method);
  }

  /**
   * Adds a method that streams both ways: each request is a turn with a list of replies.
   *
   * @param <M> one request
   * @param <R> one reply
   * @param name the handler's name
   * @param key the request's field that names the actor; null for none
   * @param request a default instance
   * @param reply a default instance
   * @param method the method
   * @return the handler
   */
  public <M extends Message, R extends Message> ProtoHandler<M, List<R>> bidiStreaming(
      String name,
      String key,
      M request,
      R reply,
      HandlerMethod.AskContext1<A, M, List<R>> method) {
    ProtoHandler<M, List<R>> handler = handler(name, key, request, false, reply, true, method);
    expect(name, request, true, reply, true);
    return handler;
  }

  /**
   * Adds a method of many requests, all for one actor and in one turn, and one reply.
   *
   * @param <M> one request
   * @param <R> the reply
   * @param name the handler's name
   * @param key the request's field that names the actor; null for none
   * @param request a default instance
   * @param reply a default instance
   * @param method the method
   * @return the handler
   */
  public <M extends Message, R extends Message> ProtoHandler<List<M>, R> clientStreaming(
      String name,
      String key,
      M request,
      R reply,
      HandlerMethod.AskContext1<A, List<M>, R> method) {
    return add(name, key, request, true, reply, false, method);
  }

  /**
   * Adds a method of many requests, all for one actor and in one turn, and an empty reply.
   *
   * @param <M> one request
   * @param name the handler's name
   * @param key the request's field that names the actor; null for none
   * @param request a default instance
   * @param method the method
   * @return the handler
   */
  public <M extends Message> ProtoHandler<List<M>, Void> clientStreaming(
      String name, String key, M request, HandlerMethod.RunContext1<A, List<M>> method) {
    return add(name, key, request, true, null, false, method);
  }

  /**
   * Adds a method that nobody waits for.
   *
   * @param <M> the request
   * @param name the handler's name
   * @param key the request's field that names the actor; null for none
   * @param request a default instance
   * @param method the method
   * @return the handler
   */
  public <M extends Message> ProtoHandler<M, Void> tellOnly(
      String name, String key, M request, HandlerMethod.RunContext1<A, M> method) {
    return add(name, key, request, false, null, false, method);
  }

  private <M, R> ProtoHandler<M, R> add(
      String name,
      String key,
      Message request,
      boolean requests,
      Message reply,
      boolean replies,
      HandlerMethod method) {
    expect(name, request, requests, reply, replies);
    return handler(name, key, request, requests, reply, replies, method);
  }

  private <M, R> ProtoHandler<M, R> handler(
      String name,
      String key,
      Message request,
      boolean requests,
      Message reply,
      boolean replies,
      HandlerMethod method) {
    KeyField field = key == null ? null : KeyField.of(request, key);
    if (key != null && field == null) {
      String type = request.getDescriptorForType().getFullName();
      faults.add("the field " + key + " of " + type + " is no key; generate the code anew");
    }
    MessagePayload returned = reply == null ? null : new MessagePayload(reply, replies);
    ProtoHandler<M, R> handler =
        new ProtoHandler<>(name, new Requests<>(request, requests, field), returned, method);
    handlers.add(handler);
    return handler;
  }

  /** Notes a fault where the service has no such method. */
  private void expect(
      String name, Message request, boolean requests, Message reply, boolean replies) {
    if (service == null) {
      return;
    }
    String input = request.getDescriptorForType().getFullName();
    String output =
        (reply == null ? Empty.getDescriptor() : reply.getDescriptorForType()).getFullName();
    for (MethodDescriptor method : service.getMethods()) {
      if (letters(method.getName()).equals(letters(name))
          && method.getInputType().getFullName().equals(input)
          && method.getOutputType().getFullName().equals(output)
          && method.isClientStreaming() == requests
          && method.isServerStreaming() == replies) {
        return;
      }
    }
    faults.add(
        "handler "
            + name
            + " is no method of "
            + service.getFullName()
            + "; generate the code anew");
  }

  private static String letters(String name) {
    return name.replace("_", "").toLowerCase(Locale.ROOT);
  }

  S emptyState() {
    return state;
  }

  @Override
  protected Declaration declaration() {
    Map<String, byte[]> descriptors = new LinkedHashMap<>();
    if (service != null) {
      describe(service.getFile(), descriptors);
    }
    List<Declaration.Handler> declared = handlers.stream().map(ProtoHandler::declared).toList();
    return new Declaration(
        name,
        settings,
        declared,
        new HeldMessage(state),
        descriptors,
        Map.copyOf(errors),
        List.copyOf(faults));
  }

  /** A file after those that it imports. */
  private static void describe(FileDescriptor file, Map<String, byte[]> into) {
    if (!into.containsKey(file.getName())) {
      file.getDependencies().forEach(imported -> describe(imported, into));
      into.put(file.getName(), file.toProto().toByteArray());
    }
  }
}
