// One kind, ready to run: its handlers, its state, how its objects are made, and what the core must
// know of it.
package dev.everact;

import dev.everact.errors.InvalidDeclarationException;
import dev.everact.errors.UnknownHandlerException;
import dev.everact.internal.Declaration;
import dev.everact.internal.DeclaredKind;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** What the SDK knows of a kind. */
final class KindTable {
  /** So many unknown fields of one kind are mentioned. */
  private static final int REPORTED_MAX = 1000;

  /** Null where {@link #receiving} says what runs. */
  final Class<? extends Resident> type;

  /** The function of processes that receive their messages themselves; else null. */
  final ProcessKind<?, ?> receiving;

  /** The kind of event managers; else null. */
  private final EventManager manager;

  /** What of it the core runs as a behaviour; null for nothing. */
  final Behaviour behaviour;

  final String name;
  final int index;
  final State state;
  final HandlerEntry[] handlers;

  /** Serialized file descriptors by file name, what they import first. */
  final Map<String, byte[]> descriptors;

  /** The application's errors that a declaration names, by type. */
  final Map<String, Declaration.ErrorReader> errors;

  /** The pool in which its turns run; null for the engine's ordinary threads. */
  final String pool;

  /** That pool in the engine that this table belongs to; null for none. */
  Pools.Pool runsIn;

  /** What the configuration says beside name, handlers and hooks. */
  private final Map<String, Object> settings;

  private final Map<String, HandlerEntry> byName = new HashMap<>();
  private final Map<String, HandlerEntry> byMethod = new HashMap<>();

  /** Handlers of a process' function: the classes of its messages. */
  private final Map<Class<?>, HandlerEntry> byMessage = new HashMap<>();

  private final MethodHandle constructor;

  /** Makes the objects where the user said who does; else null. */
  private final Supplier<? extends Resident> factory;

  private final Set<String> reported = ConcurrentHashMap.newKeySet();

  /**
   * The table of a class.
   *
   * @param runs whether its objects live here; else it is only reached
   */
  KindTable(Kinds.Entry entry, int index, Json json, boolean runs) {
    this.type = entry.type();
    this.receiving = null;
    this.manager = null;
    this.index = index;
    factory = entry.factory();
    constructor = runs && factory == null ? constructor(type, lookup(type)) : null;
    Declaration declared = DeclaredKind.of(type);
    behaviour = Behaviour.of(type);
    Kind options = type.getAnnotation(Kind.class);
    pool = options == null || options.pool().isEmpty() ? null : options.pool();
    if (pool != null && behaviour != null) {
      throw invalid("names a pool, which runs actors and processes with handlers, nothing else");
    }
    if (declared == null) {
      name =
          options == null || options.name().isEmpty()
              ? Names.snake(type.getSimpleName())
              : options.name();
      settings = settings(options, isProcess(), type.isAnnotationPresent(Exposed.class));
      descriptors = Map.of();
      errors = Map.of();
      state = new FieldState(type, json);
      handlers = handlers(type, json);
    } else {
      if (!declared.faults().isEmpty()) {
        throw invalid(String.join("; ", declared.faults()));
      }
      name = declared.name();
      settings = declared.settings();
      descriptors = declared.descriptors();
      errors = declared.errors();
      state = new ValueState(declared.state());
      handlers = handlers(declared.handlers());
    }
    refuseIdleAnnotations(declared != null);
    for (HandlerEntry handler : handlers) {
      if (byName.put(handler.name, handler) != null) {
        throw invalid("has two handlers named " + handler.name);
      }
    }
    if (runs) {
      check();
    }
  }

  /** The table of processes that receive their messages themselves. */
  KindTable(ProcessKind<?, ?> receiving, int index, Json json) {
    this.type = null;
    this.receiving = receiving;
    this.manager = null;
    this.pool = null;
    this.index = index;
    factory = null;
    constructor = null;
    name = receiving.name();
    settings = new LinkedHashMap<>(Map.of("durable", false, "role", "receiver"));
    descriptors = Map.of();
    errors = Map.of();
    state = null;
    behaviour = null;
    handlers = messages(receiving.types(), json);
  }

  /** The table of event managers. */
  KindTable(EventManager manager, int index, Json json) {
    this.type = null;
    this.receiving = null;
    this.manager = manager;
    this.pool = null;
    this.index = index;
    factory = null;
    constructor = null;
    name = manager.name();
    settings = new LinkedHashMap<>(Map.of("durable", false, "role", "process"));
    descriptors = Map.of();
    errors = Map.of();
    ManagerBehaviour events = new ManagerBehaviour(manager, json);
    behaviour = events;
    state = events.state();
    handlers = messages(manager.messages(), json);
  }

  /** Messages by their classes. */
  private HandlerEntry[] messages(List<Class<?>> types, Json json) {
    HandlerEntry[] entries = new HandlerEntry[types.size()];
    for (int i = 0; i < entries.length; i++) {
      Class<?> message = types.get(i);
      entries[i] = new HandlerEntry(Names.snake(message.getSimpleName()), i, message, json);
      byMessage.put(message, entries[i]);
      if (byName.put(entries[i].name, entries[i]) != null) {
        throw new InvalidDeclarationException(
            "process " + name + " receives two classes named " + entries[i].name);
      }
    }
    return entries;
  }

  /** What stands for the kind where it is used. */
  Object key() {
    return manager != null ? manager : receiving != null ? receiving : type;
  }

  static KindTable of(Kinds.Entry entry, int index, Json json, boolean runs) {
    if (entry.manager() != null) {
      return new KindTable(entry.manager(), index, json);
    }
    return entry.receiving() == null
        ? new KindTable(entry, index, json, runs)
        : new KindTable(entry.receiving(), index, json);
  }

  /** Whether those of the kind are spawned. */
  boolean isProcess() {
    return receiving != null || manager != null || HandlerProcess.class.isAssignableFrom(type);
  }

  /** What a fresh object shows: whether its state can be stored at all. */
  private void check() {
    Object fresh;
    try {
      fresh = create();
    } catch (Throwable e) {
      throw (InvalidDeclarationException)
          invalid("cannot be made: " + Thrown.described(e)).initCause(e);
    }
    try {
      state.check(fresh);
    } catch (Misfit e) {
      throw invalid("has a state field that cannot be stored: " + e.getMessage());
    }
  }

  /** Stored fields that the class does not have are kept; each is mentioned once. */
  void reportUnknown(Set<String> names, String key) {
    for (String field : names) {
      if (reported.size() < REPORTED_MAX && reported.add(field)) {
        Log.get()
            .log(
                System.Logger.Level.WARNING,
                "kind {0}: the stored field {1} is not declared; it is kept (seen at {0}/{2})",
                name,
                field,
                key);
      }
    }
  }

  private InvalidDeclarationException invalid(String fault) {
    return new InvalidDeclarationException("actor " + type.getSimpleName() + " " + fault);
  }

  private MethodHandles.Lookup lookup(Class<?> of) {
    try {
      return MethodHandles.privateLookupIn(of, MethodHandles.lookup());
    } catch (IllegalAccessException e) {
      throw (InvalidDeclarationException)
          invalid("cannot be reached; open its package to dev.everact").initCause(e);
    }
  }

  private MethodHandle constructor(Class<?> type, MethodHandles.Lookup lookup) {
    if (Modifier.isAbstract(type.getModifiers())) {
      throw invalid("is abstract");
    }
    try {
      return lookup
          .findConstructor(type, MethodType.methodType(void.class))
          .asType(MethodType.methodType(Object.class));
    } catch (NoSuchMethodException | IllegalAccessException e) {
      throw (InvalidDeclarationException)
          invalid("has no constructor without parameters (an inner class must be static)")
              .initCause(e);
    }
  }

  /**
   * The class's handlers and those that it inherits, in an order that does not change from run to
   * run.
   */
  private HandlerEntry[] handlers(Class<?> type, Json json) {
    Map<String, Method> methods = new LinkedHashMap<>();
    for (Class<?> level = type; !Resident.isBase(level); level = level.getSuperclass()) {
      for (Method method : level.getDeclaredMethods()) {
        if (method.isAnnotationPresent(Handler.class) && !method.isBridge()) {
          methods.putIfAbsent(
              method.getName() + Arrays.toString(method.getParameterTypes()), method);
        }
      }
    }
    List<Method> ordered = new ArrayList<>(methods.values());
    ordered.sort(Comparator.comparing(Method::getName));
    List<HandlerEntry> entries = new ArrayList<>();
    Map<String, HandlerEntry> first = new HashMap<>();
    for (Method method : ordered) {
      // Of a state machine several methods may be for one message.
      HandlerEntry before =
          behaviour instanceof MachineBehaviour ? first.get(HandlerEntry.name(method)) : null;
      int index = before == null ? entries.size() : before.index;
      HandlerEntry entry = HandlerEntry.of(method, index, json, lookup(method.getDeclaringClass()));
      if (behaviour instanceof MachineBehaviour machine) {
        machine.add(method, entry);
      } else if (method.getAnnotation(Handler.class).state().length > 0) {
        throw invalid(
            "has a handler " + method.getName() + " for a state, and is no state machine");
      }
      if (before == null) {
        entries.add(entry);
        first.put(entry.name, entry);
      }
      if (byMethod.put(method.getName(), entry) != null) {
        throw invalid("has two handler methods named " + method.getName());
      }
    }
    return entries.toArray(new HandlerEntry[0]);
  }

  /**
   * An annotation that nothing obeys is a mistake: a retry policy of what is no handler, and all of
   * them where a .proto declares the handlers.
   */
  private void refuseIdleAnnotations(boolean declared) {
    for (Class<?> level = type; !Resident.isBase(level); level = level.getSuperclass()) {
      for (Method method : level.getDeclaredMethods()) {
        boolean handles = method.isAnnotationPresent(Handler.class);
        boolean retries = method.isAnnotationPresent(Retry.class);
        if (declared && (handles || retries)) {
          String found = handles ? "@Handler" : "@Retry";
          throw invalid(
              "carries " + found + " on " + method.getName() + "; its .proto declares its methods");
        }
        if (retries && !handles) {
          throw invalid("carries @Retry on " + method.getName() + ", which is not marked @Handler");
        }
      }
    }
  }

  private static HandlerEntry[] handlers(List<Declaration.Handler> declared) {
    HandlerEntry[] entries = new HandlerEntry[declared.size()];
    for (int i = 0; i < entries.length; i++) {
      entries[i] = new HandlerEntry(declared.get(i), i);
    }
    return entries;
  }

  /** A new object with its defaults. */
  Object create() throws Throwable {
    if (manager != null) {
      return new ManagerBehaviour.Running();
    }
    if (factory == null) {
      return (Object) constructor.invokeExact();
    }
    Resident made = factory.get();
    if (made == null || made.getClass() != type) {
      String what = made == null ? "null" : made.getClass().getName();
      throw new IllegalStateException("the factory of " + type.getName() + " made " + what);
    }
    return made;
  }

  /** The handler with this name on the wire. */
  HandlerEntry handler(String handler) {
    HandlerEntry entry = byName.get(handler);
    if (entry == null) {
      throw new UnknownHandlerException("kind " + name + " has no handler " + handler);
    }
    return entry;
  }

  /** The handler of a message to a process that receives its messages itself. */
  HandlerEntry messageHandler(Object message) {
    HandlerEntry entry = message == null ? null : byMessage.get(message.getClass());
    if (entry == null) {
      String what = message == null ? "null" : message.getClass().getSimpleName();
      throw new UnknownHandlerException("kind " + name + " receives no " + what);
    }
    return entry;
  }

  /** The handler that a method reference names. */
  HandlerEntry method(String method) {
    HandlerEntry entry = byMethod.get(method);
    if (entry == null && type == null) {
      throw new UnknownHandlerException("kind " + name + " has no methods: it receives messages");
    }
    if (entry == null) {
      String place = type.getSimpleName() + "." + method;
      throw new UnknownHandlerException(
          state instanceof ValueState
              ? "method " + place + " is asked through its generated reference"
              : "method " + place + " is not marked @Handler");
    }
    return entry;
  }

  /** The kind as the core's configuration wants it. */
  Map<String, Object> configuration() {
    Map<String, Object> kind = new LinkedHashMap<>();
    kind.put("name", name);
    kind.putAll(settings);
    List<Map<String, Object>> entries = new ArrayList<>();
    for (HandlerEntry handler : handlers) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("name", handler.name);
      entry.put("read_only", handler.readOnly);
      entry.put("reentrant", handler.reentrant);
      entry.put("idempotent", handler.idempotent);
      entry.putAll(handler.settings);
      entries.add(entry);
    }
    kind.put("handlers", entries);
    kind.put("activated", overrides("activated"));
    kind.put("passivating", !isProcess() && overrides("passivating"));
    if (behaviour != null) {
      behaviour.configure(kind);
    }
    return kind;
  }

  private static Map<String, Object> settings(Kind options, boolean process, boolean exposed) {
    Map<String, Object> settings = new LinkedHashMap<>();
    if (process) {
      settings.put("durable", false);
      settings.put("role", "process");
    } else {
      settings.put("durable", options == null || options.durable());
    }
    if (exposed) {
      settings.put("exposed", true);
    }
    if (options != null) {
      if (!options.doc().isEmpty()) {
        settings.put("doc", options.doc());
      }
      if (options.idleTimeoutMs() >= 0) {
        settings.put("idle_timeout_ms", options.idleTimeoutMs());
      }
      if (options.mailboxCapacityMessages() >= 0) {
        settings.put("mailbox_capacity_messages", options.mailboxCapacityMessages());
      }
      settings.put("overflow", options.overflow().name().toLowerCase(java.util.Locale.ROOT));
    }
    return settings;
  }

  private boolean overrides(String hook) {
    if (type == null) {
      return false;
    }
    for (Class<?> level = type; !Resident.isBase(level); level = level.getSuperclass()) {
      try {
        level.getDeclaredMethod(hook, Context.class);
        return true;
      } catch (NoSuchMethodException e) {
        continue;
      }
    }
    return false;
  }
}
