// A kind declared by hand as the generator would, for what the example has not.
package dev.everact.proto;

import com.example.oddities.v1.AddRequest;
import com.example.oddities.v1.NumberState;
import com.example.oddities.v1.OddityFile;
import com.example.oddities.v1.OptionalRequest;
import com.example.oddities.v1.TotalRequest;
import dev.everact.Context;
import dev.everact.Overflow;
import dev.everact.Scope;
import dev.everact.errors.HandlerFailedException;
import java.util.List;

/** Adds; transient; by numbers. */
class Numbers extends ProtoActor<NumberState> {
  static final ProtoKind<Numbers, NumberState> KIND =
      ProtoKind.<Numbers, NumberState>of(
              "numbers",
              OddityFile.getDescriptor().findServiceByName("Numbers"),
              NumberState.getDefaultInstance())
          .transientState()
          .mailboxCapacityMessages(4)
          .overflow(Overflow.DROP_OLDEST);

  static final ProtoHandler<AddRequest, NumberState> ADD =
      KIND.unary(
              "add",
              "number",
              AddRequest.getDefaultInstance(),
              NumberState.getDefaultInstance(),
              Numbers::add)
          .idempotent();

  static final ProtoHandler<List<AddRequest>, Void> ADD_ALL =
      KIND.clientStreaming("add_all", "number", AddRequest.getDefaultInstance(), Numbers::addAll);

  static final ProtoHandler<OptionalRequest, NumberState> AGAIN =
      KIND.unary(
              "again",
              "number",
              OptionalRequest.getDefaultInstance(),
              NumberState.getDefaultInstance(),
              Numbers::again)
          .reentrant();

  static final ProtoHandler<TotalRequest, NumberState> TOTAL =
      KIND.unary(
          "total",
          null,
          TotalRequest.getDefaultInstance(),
          NumberState.getDefaultInstance(),
          Numbers::total);

  Numbers() {
    super(KIND);
  }

  NumberState add(AddRequest request, Context context) {
    setState(
        getState().toBuilder()
            .setSum(getState().getSum() + request.getAmount())
            .setKey(context.key() + "=" + request.getNumber())
            .build());
    return getState();
  }

  void addAll(List<AddRequest> requests, Context context) {
    requests.forEach(request -> add(request, context));
  }

  /** Adds 1, and in the middle asks itself once more: that turn adds 10, or 100 and fails. */
  NumberState again(OptionalRequest request, Context context) {
    boolean inner = context.sender().isPresent();
    long amount = inner ? request.getFail() ? 100 : 10 : 1;
    setState(getState().toBuilder().setSum(getState().getSum() + amount).build());
    if (!inner) {
      try {
        new Ref(context, context.key()).again(request);
      } catch (HandlerFailedException e) {
        return getState();
      }
    } else if (request.getFail()) {
      throw new IllegalStateException("as told");
    }
    return getState();
  }

  NumberState total(TotalRequest request, Context context) {
    return NumberState.newBuilder().setKey(context.key()).build();
  }

  /** The reference to one. */
  static final class Ref extends ProtoReference<Ref> {
    Ref(Scope scope, String key) {
      super(KIND, scope, key);
    }

    private Ref(Target target) {
      super(target);
    }

    @Override
    protected Ref with(Target target) {
      return new Ref(target);
    }

    NumberState add(AddRequest request) {
      return call(ADD, request);
    }

    void addAll(List<AddRequest> requests) {
      call(ADD_ALL, requests);
    }

    NumberState again(OptionalRequest request) {
      return call(AGAIN, request);
    }

    NumberState total() {
      return call(TOTAL, TotalRequest.getDefaultInstance());
    }
  }

  /** The client of all. */
  static final class Client extends ProtoClient {
    Client(Scope scope) {
      super(KIND, scope);
    }

    NumberState add(AddRequest request) {
      return call(ADD, request);
    }

    NumberState again(OptionalRequest request) {
      return call(AGAIN, request);
    }

    NumberState total() {
      return call(TOTAL, TotalRequest.getDefaultInstance());
    }
  }
}
