// The application's own errors: raised in a handler, the same class with its fields at the caller.
package dev.everact;

import dev.everact.errors.ApplicationErrorException;
import dev.everact.errors.EveractException;
import dev.everact.errors.InvalidArgumentException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A handler's refusal that its caller can act on. The turn is discarded; it is no failure of the
 * handler, and a told message that meets it is not tried again.
 *
 * <pre>{@code
 * @ApplicationError(status = 409)
 * class SeatTaken extends ApplicationException {
 *   final String seat;
 *
 *   SeatTaken(String seat) {
 *     super("seat " + seat + " is taken");
 *     this.seat = seat;
 *   }
 * }
 *
 * @Handler
 * void take(String seat) throws SeatTaken { ... }
 * }</pre>
 *
 * <p>Its fields are the details that others see: they travel as JSON. A caller gets the same class
 * where a handler of its engine or connection names it in {@code throws} (in Kotlin
 * {@code @Throws}); else this one with type, status and details.
 */
public class ApplicationException extends EveractException {
  private static final long serialVersionUID = 1L;
  private static final int CODE = 22;
  private static final EveractException ROW = new ApplicationErrorException("");
  private static final int STATUS_MIN = 400;
  private static final int STATUS_MAX = 599;

  private final String type;
  private final int status;
  private final String grpc;

  /** Null where the class's fields are the details. */
  private final transient Map<String, Object> details;

  /**
   * For subclasses, whose annotation says type and status.
   *
   * @param message a sentence for people
   */
  protected ApplicationException(String message) {
    super(CODE, ROW.errorName(), ROW.family(), ROW.retryable(), ROW.nextStep(), message);
    ApplicationError declared = getClass().getAnnotation(ApplicationError.class);
    boolean named = declared != null && !declared.type().isEmpty();
    this.type = named ? declared.type() : ApplicationErrors.type(getClass());
    this.status = declared == null ? ApplicationErrors.STATUS : declared.status();
    this.grpc = declared == null ? "" : declared.grpc();
    this.details = null;
  }

  /**
   * An error without a class of its own.
   *
   * @param type a name in lower snake case
   * @param status the status over HTTP, 400 to 599
   * @param message a sentence for people
   * @param details what callers may want to know, values that JSON has
   */
  public ApplicationException(String type, int status, String message, Map<String, ?> details) {
    this(new Wire(type, status, "", message, new LinkedHashMap<>(details)));
    if (!ApplicationErrors.isType(type)) {
      throw new InvalidArgumentException(
          "the type of an application error has 1 to 128 letters in lower snake case");
    }
    if (status < STATUS_MIN || status > STATUS_MAX) {
      throw new InvalidArgumentException(
          "the status of an application error is " + STATUS_MIN + " to " + STATUS_MAX);
    }
  }

  /** As it came. */
  record Wire(String type, int status, String grpc, String message, Map<String, Object> details) {}

  /** What came from elsewhere; a subclass gets its fields afterwards. */
  ApplicationException(Wire wire) {
    super(CODE, ROW.errorName(), ROW.family(), ROW.retryable(), ROW.nextStep(), wire.message);
    this.type = wire.type;
    this.status = wire.status;
    this.grpc = wire.grpc;
    this.details = wire.details;
  }

  /**
   * The error's type.
   *
   * @return the same in every language
   */
  public final String type() {
    return type;
  }

  /**
   * The status over HTTP.
   *
   * @return 400 to 599
   */
  public final int status() {
    return status;
  }

  /**
   * The code over gRPC.
   *
   * @return a name as {@code NOT_FOUND}; empty for the one that belongs to the status
   */
  public final String grpc() {
    return grpc;
  }

  /**
   * Whether an object of the class can be made of its fields alone; generated classes say how they
   * are made.
   *
   * @return true unless a subclass knows better
   */
  protected boolean isRebuilt() {
    return true;
  }

  /**
   * What came with the error, or the fields of its class.
   *
   * @return names with values, as JSON has them
   */
  public Map<String, Object> details() {
    return details == null
        ? ApplicationErrors.fieldValues(this)
        : Collections.unmodifiableMap(details);
  }
}
