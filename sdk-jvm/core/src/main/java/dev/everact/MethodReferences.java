// From `Airport::landed` to the name of the method, once for each place in the program where it
// stands.
package dev.everact;

import dev.everact.errors.InvalidArgumentException;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.lang.invoke.MethodHandleInfo;
import java.lang.invoke.SerializedLambda;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;

/**
 * Resolves method references. The functional interfaces are Serializable, so javac makes each
 * reference able to describe itself; a stream that throws its bytes away asks for that description,
 * which also works where reflection may not look.
 */
final class MethodReferences {
  /** A class for each place in the program, made by the JVM; so the answer belongs to the class. */
  private static final ClassValue<String[]> RESOLVED =
      new ClassValue<>() {
        @Override
        protected String[] computeValue(Class<?> type) {
          return new String[1];
        }
      };

  private MethodReferences() {}

  /** The name of the method that a reference stands for. */
  static String name(HandlerMethod reference) {
    String[] slot = RESOLVED.get(reference.getClass());
    String name = slot[0];
    if (name == null) {
      SerializedLambda lambda = described(reference);
      if (lambda.getCapturedArgCount() == 1) {
        // What it holds may be another one the next time.
        return kotlinName(lambda.getCapturedArg(0));
      }
      name = javaName(lambda);
      slot[0] = name;
    }
    return name;
  }

  private static SerializedLambda described(HandlerMethod reference) {
    Described described = new Described();
    try (ObjectOutputStream stream = described.stream()) {
      stream.writeObject(reference);
    } catch (IOException e) {
      throw (InvalidArgumentException) notAReference().initCause(e);
    }
    if (described.lambda == null) {
      throw notAReference();
    }
    return described.lambda;
  }

  private static String javaName(SerializedLambda lambda) {
    int kind = lambda.getImplMethodKind();
    boolean instance =
        kind == MethodHandleInfo.REF_invokeVirtual
            || kind == MethodHandleInfo.REF_invokeInterface
            || kind == MethodHandleInfo.REF_invokeSpecial;
    boolean free =
        lambda.getCapturedArgCount() == 0 && !lambda.getImplMethodName().startsWith("lambda$");
    if (!instance || !free) {
      throw notAReference();
    }
    return lambda.getImplMethodName();
  }

  /** Kotlin passes its own reference inside a lambda; it knows its name. */
  private static String kotlinName(Object held) {
    try {
      for (Class<?> type = held.getClass(); type != null; type = type.getSuperclass()) {
        if (type.getName().equals("kotlin.jvm.internal.CallableReference")) {
          return (String) type.getMethod("getName").invoke(held);
        }
        if (type.getName().equals("kotlin.jvm.internal.AdaptedFunctionReference")) {
          // Of a handler whose reply is not wanted; it shows its name to nobody.
          Field name = type.getDeclaredField("name");
          name.setAccessible(true);
          return (String) name.get(held);
        }
      }
    } catch (ReflectiveOperationException | InaccessibleObjectException e) {
      throw (InvalidArgumentException) notAReference().initCause(e);
    }
    throw notAReference();
  }

  private static InvalidArgumentException notAReference() {
    return new InvalidArgumentException(
        "a handler is given as a method reference, such as Airport::landed");
  }

  /** Catches the description on its way into a stream. */
  private static final class Described {
    SerializedLambda lambda;

    ObjectOutputStream stream() throws IOException {
      return new ObjectOutputStream(OutputStream.nullOutputStream()) {
        {
          enableReplaceObject(true);
        }

        @Override
        protected Object replaceObject(Object object) {
          if (object instanceof SerializedLambda found) {
            lambda = found;
            return null;
          }
          return object;
        }
      };
    }
  }
}
