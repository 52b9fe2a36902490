// One handler of one kind, ready to run: its codecs, its options and the compiled call.
package dev.everact;

import dev.everact.errors.InvalidDeclarationException;
import dev.everact.internal.Declaration;
import java.lang.invoke.LambdaMetafactory;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** What the kind's table knows of a handler. */
final class HandlerEntry {
  /** After so many turns elsewhere the lane tries again whether the handler still stands. */
  private static final int STANDING_TURNS = 1000;

  final String name;
  final int index;
  final boolean readOnly;
  final boolean reentrant;
  final boolean idempotent;
  final boolean takesContext;

  /** What the configuration says beside the name and the three above. */
  final Map<String, Object> settings;

  /** What the method says that it throws. */
  final Class<?>[] thrown;

  /** Its codecs come from a declaration: whoever asks by name gets them too. */
  final boolean declared;

  /** Null when the handler takes no message. */
  final Codec message;

  final Codec reply;

  /** The class of the messages that a process' function receives so; null of a method. */
  final Class<?> received;

  private final HandlerMethod call;

  /**
   * The method where its class loader lets us make no {@link #call}: takes actor, message and
   * context.
   */
  private final MethodHandle plain;

  /**
   * Turns that go to {@link HandlerThreads} before one is tried on the lane again. Only ever a
   * hint, so no lock.
   */
  private int standing;

  private HandlerEntry(
      Method method,
      String name,
      int index,
      Handler options,
      Json json,
      MethodHandles.Lookup lookup) {
    this.name = name;
    this.index = index;
    this.readOnly = options.readOnly();
    this.reentrant = options.reentrant();
    this.idempotent = options.idempotent();
    this.declared = false;
    this.thrown = method.getExceptionTypes();
    Type[] parameters = method.getGenericParameterTypes();
    this.takesContext = parameters.length > 0 && parameters[parameters.length - 1] == Context.class;
    int messages = parameters.length - (takesContext ? 1 : 0);
    if (messages > 1) {
      throw invalid(method, "takes more than one message; put them into one record");
    }
    if (CompletionStage.class.isAssignableFrom(method.getReturnType())) {
      throw invalid(method, "returns a future; a handler may block, so let it return the value");
    }
    if (Modifier.isStatic(method.getModifiers())) {
      throw invalid(method, "is static");
    }
    this.received = null;
    this.message = messages == 0 ? null : json.codec(parameters[0]);
    this.reply = json.codec(method.getGenericReturnType());
    this.settings = settings(options, method.getAnnotation(Retry.class), message == Codec.RAW);
    MethodHandle handle = handle(method, lookup);
    this.call = compiled(handle, lookup);
    this.plain = call == null ? widened(handle) : null;
  }

  /** A handler of a declared kind. */
  HandlerEntry(Declaration.Handler declared, int index) {
    this.name = declared.name();
    this.index = index;
    this.readOnly = declared.readOnly();
    this.reentrant = declared.reentrant();
    this.idempotent = declared.idempotent();
    this.takesContext = true;
    this.declared = true;
    this.settings = declared.settings();
    this.thrown = new Class<?>[0];
    this.received = null;
    this.message = Codec.of(declared.message());
    this.reply = Codec.of(declared.reply());
    this.call = (HandlerMethod) declared.method();
    this.plain = null;
  }

  /** A message of processes that receive their messages themselves. */
  HandlerEntry(String name, int index, Class<?> message, Json json) {
    this.name = name;
    this.index = index;
    this.readOnly = false;
    this.reentrant = false;
    this.idempotent = false;
    this.takesContext = false;
    this.declared = false;
    this.settings = message == byte[].class ? Map.of("bytes", true) : Map.of();
    this.thrown = new Class<?>[0];
    this.received = message;
    this.message = json.codec(message);
    this.reply = Codec.NOTHING;
    this.call = null;
    this.plain = null;
  }

  static HandlerEntry of(Method method, int index, Json json, MethodHandles.Lookup lookup) {
    Handler options = method.getAnnotation(Handler.class);
    return new HandlerEntry(method, name(method), index, options, json, lookup);
  }

  /** The name on the wire. */
  static String name(Method method) {
    String given = method.getAnnotation(Handler.class).name();
    return given.isEmpty() ? Names.snake(method.getName()) : given;
  }

  private static Map<String, Object> settings(Handler options, Retry retry, boolean bytes) {
    Map<String, Object> settings = new LinkedHashMap<>();
    if (bytes) {
      settings.put("bytes", true);
    }
    if (options.internal()) {
      settings.put("internal", true);
    }
    if (!options.doc().isEmpty()) {
      settings.put("doc", options.doc());
    }
    if (retry != null) {
      settings.put("retry", settings(retry));
    }
    return settings;
  }

  private static Map<String, Object> settings(Retry retry) {
    List<String> notRetried = new ArrayList<>();
    for (Class<? extends Throwable> type : retry.notRetried()) {
      notRetried.add(Thrown.name(type));
    }
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("attempts_max", retry.attemptsMax());
    if (retry.firstWaitMs() != 0) {
      settings.put("first_wait_ms", retry.firstWaitMs());
    }
    if (retry.waitMaxMs() != 0) {
      settings.put("wait_max_ms", retry.waitMaxMs());
    }
    settings.put("factor", retry.factor());
    settings.put("jitter", retry.jitter());
    settings.put("not_retried", notRetried);
    settings.put("on_failure", retry.onFailure().name().toLowerCase(Locale.ROOT));
    return settings;
  }

  private static InvalidDeclarationException invalid(Method method, String fault) {
    return new InvalidDeclarationException(
        "handler "
            + method.getDeclaringClass().getSimpleName()
            + "."
            + method.getName()
            + " "
            + fault);
  }

  /** Its handler was seen to stand; the next turns do not hold up the lane. */
  void stood() {
    standing = STANDING_TURNS;
  }

  /** Whether a turn of it should rather not run on the lane. */
  boolean expectsToStand() {
    int left = standing;
    if (left == 0) {
      return false;
    }
    standing = left - 1;
    return true;
  }

  /** Runs the method: about as fast as a call that javac compiled. */
  Object invoke(Object actor, Object argument, Context context) throws Throwable {
    if (call instanceof HandlerMethod.Ask1<?, ?, ?> shape) {
      return HandlerEntry.<HandlerMethod.Ask1<Object, Object, Object>>as(shape)
          .handle(actor, argument);
    } else if (call instanceof HandlerMethod.Ask0<?, ?> shape) {
      return HandlerEntry.<HandlerMethod.Ask0<Object, Object>>as(shape).handle(actor);
    } else if (call instanceof HandlerMethod.AskContext1<?, ?, ?> shape) {
      return HandlerEntry.<HandlerMethod.AskContext1<Object, Object, Object>>as(shape)
          .handle(actor, argument, context);
    } else if (call instanceof HandlerMethod.AskContext0<?, ?> shape) {
      return HandlerEntry.<HandlerMethod.AskContext0<Object, Object>>as(shape)
          .handle(actor, context);
    } else if (call instanceof HandlerMethod.Run1<?, ?> shape) {
      HandlerEntry.<HandlerMethod.Run1<Object, Object>>as(shape).handle(actor, argument);
    } else if (call instanceof HandlerMethod.Run0<?> shape) {
      HandlerEntry.<HandlerMethod.Run0<Object>>as(shape).handle(actor);
    } else if (call instanceof HandlerMethod.RunContext1<?, ?> shape) {
      HandlerEntry.<HandlerMethod.RunContext1<Object, Object>>as(shape)
          .handle(actor, argument, context);
    } else if (call instanceof HandlerMethod.RunContext0<?> shape) {
      HandlerEntry.<HandlerMethod.RunContext0<Object>>as(shape).handle(actor, context);
    } else {
      return plain.invokeExact(actor, argument, context);
    }
    return null;
  }

  @SuppressWarnings(
      "unchecked") // The shape was made from a method of these types; arguments come from its
  // codecs.
  private static <T> T as(HandlerMethod shape) {
    return (T) shape;
  }

  private static MethodHandle handle(Method method, MethodHandles.Lookup lookup) {
    try {
      return lookup.unreflect(method);
    } catch (IllegalAccessException e) {
      throw (InvalidDeclarationException)
          invalid(method, "cannot be called: " + e.getMessage()).initCause(e);
    }
  }

  /** Every method in one shape: what it does not take is dropped. */
  private MethodHandle widened(MethodHandle handle) {
    MethodHandle wide = handle;
    if (message == null) {
      wide = MethodHandles.dropArguments(wide, 1, Object.class);
    }
    if (!takesContext) {
      wide = MethodHandles.dropArguments(wide, 2, Context.class);
    }
    return wide.asType(
        MethodType.methodType(Object.class, Object.class, Object.class, Context.class));
  }

  /** The interface that a method reference of this handler would have. */
  private Class<?> shape(boolean replies) {
    boolean takes = message != null;
    if (replies) {
      return takesContext
          ? takes ? HandlerMethod.AskContext1.class : HandlerMethod.AskContext0.class
          : takes ? HandlerMethod.Ask1.class : HandlerMethod.Ask0.class;
    }
    return takesContext
        ? takes ? HandlerMethod.RunContext1.class : HandlerMethod.RunContext0.class
        : takes ? HandlerMethod.Run1.class : HandlerMethod.Run0.class;
  }

  /**
   * The method as an object of its shape, as javac would make of a reference; null in another class
   * loader.
   */
  private HandlerMethod compiled(MethodHandle handle, MethodHandles.Lookup lookup) {
    if (!lookup.hasFullPrivilegeAccess()) {
      return null;
    }
    boolean replies = handle.type().returnType() != void.class;
    MethodType exact = handle.type().wrap();
    MethodType erased = MethodType.genericMethodType(exact.parameterCount());
    if (takesContext) {
      erased = erased.changeParameterType(exact.parameterCount() - 1, Context.class);
    }
    if (!replies) {
      erased = erased.changeReturnType(void.class);
      exact = exact.changeReturnType(void.class);
    }
    MethodType factory = MethodType.methodType(shape(replies));
    try {
      return (HandlerMethod)
          LambdaMetafactory.metafactory(lookup, "handle", factory, erased, handle, exact)
              .getTarget()
              .invoke();
    } catch (Throwable e) {
      throw new InvalidDeclarationException(
          "handler " + name + " cannot be called: " + e.getMessage());
    }
  }
}
