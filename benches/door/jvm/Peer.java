// The peer: what grpc-java alone does with Echo, on the Netty that it brings along and with the executor that it has where nobody gives it another
// one. Prints where it listens, ends with its input.
package dev.everact.bench;

import dev.everact.bench.v1.EchoGrpc;
import dev.everact.bench.v1.SayRequest;
import dev.everact.bench.v1.SayResponse;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;

final class Peer {
  private Peer() {}

  static final class Echo extends EchoGrpc.EchoImplBase {
    @Override
    public void say(SayRequest request, StreamObserver<SayResponse> response) {
      response.onNext(SayResponse.newBuilder().setText(request.getText()).build());
      response.onCompleted();
    }
  }

  public static void main(String[] arguments) throws IOException {
    InetSocketAddress address = new InetSocketAddress("127.0.0.1", 0);
    Server server = NettyServerBuilder.forAddress(address).addService(new Echo()).build().start();
    System.out.println("127.0.0.1:" + server.getPort());
    System.in.transferTo(OutputStream.nullOutputStream());
    server.shutdownNow();
  }
}
