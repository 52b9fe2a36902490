// What a call of grpc-java's client ended with.
package interop;

import com.google.common.base.CaseFormat;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.StatusException;
import io.grpc.protobuf.StatusProto;
import java.util.concurrent.Callable;

/** The name is the reason that the other side gives, or the code's where it gives none. */
record Failure(String name, String text) {
  static Failure of(Callable<?> call) throws Exception {
    try {
      call.call();
    } catch (StatusException e) {
      Status status = StatusProto.fromThrowable(e);
      return new Failure(name(status), status.getMessage());
    }
    throw new IllegalStateException("the call should have failed");
  }

  private static String name(Status status) throws InvalidProtocolBufferException {
    for (Any detail : status.getDetailsList()) {
      if (detail.is(ErrorInfo.class)) {
        return detail.unpack(ErrorInfo.class).getReason();
      }
    }
    String code = Code.forNumber(status.getCode()).name();
    return CaseFormat.UPPER_UNDERSCORE.to(CaseFormat.UPPER_CAMEL, code);
  }
}
