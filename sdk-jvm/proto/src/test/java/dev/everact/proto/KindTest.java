// Keys that are numbers, turns within turns, declarations that do not fit, and what the core is
// told.
package dev.everact.proto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.example.flights.v1.AirportState;
import com.example.flights.v1.AirportsActor;
import com.example.flights.v1.AirportsProto;
import com.example.flights.v1.LandedRequest;
import com.example.flights.v1.LandedResponse;
import com.example.oddities.v1.AddRequest;
import com.example.oddities.v1.OptionalRequest;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.ExtensionRegistry;
import dev.everact.Context;
import dev.everact.Engine;
import dev.everact.Handler;
import dev.everact.Retry;
import dev.everact.errors.InvalidArgumentException;
import dev.everact.errors.InvalidDeclarationException;
import dev.everact.internal.Declaration;
import dev.everact.internal.DeclaredKind;
import dev.everact.v1.OptionsProto;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class KindTest {
  private static AddRequest add(long number, long amount) {
    return AddRequest.newBuilder().setNumber(number).setAmount(amount).build();
  }

  @Test
  void aKeyMayBeANumberInDecimal() {
    try (Engine engine = Engine.inMemory(Numbers.class)) {
      Numbers.Ref minus = new Numbers.Ref(engine, "-42");
      assertEquals("-42=-42", minus.add(add(0, 1)).getKey());
      assertEquals(2, minus.add(add(-42, 1)).getSum());
      assertThrows(InvalidArgumentException.class, () -> minus.add(add(42, 1)));
      minus.addAll(List.of(add(0, 1), add(-42, 1)));
      Numbers.Client numbers = new Numbers.Client(engine);
      assertEquals(5, numbers.add(add(-42, 1)).getSum());
      assertEquals("0=0", numbers.add(add(0, 1)).getKey());
      for (String key : List.of("x", "042", "9223372036854775808", "1.5")) {
        Numbers.Ref wrong = new Numbers.Ref(engine, key);
        InvalidArgumentException refused =
            assertThrows(InvalidArgumentException.class, () -> wrong.add(add(0, 1)), key);
        assertTrue(refused.getMessage().contains("number"), refused.getMessage());
      }
    }
  }

  @Test
  void aFieldWithPresenceIsOpenOnlyWhereItIsNotSet() {
    try (Engine engine = Engine.inMemory(Numbers.class)) {
      Numbers.Client numbers = new Numbers.Client(engine);
      OptionalRequest open = OptionalRequest.getDefaultInstance();
      assertThrows(InvalidArgumentException.class, () -> numbers.again(open));
      assertEquals(11, numbers.again(open.toBuilder().setNumber(0).build()).getSum());
      assertEquals(22, new Numbers.Ref(engine, "0").again(open).getSum());
      OptionalRequest most = open.toBuilder().setNumber(-1).build();
      assertEquals(11, numbers.again(most).getSum());
      assertEquals(22, new Numbers.Ref(engine, "4294967295").again(most).getSum());
    }
  }

  @Test
  void aClientSendsWhatNamesNoActorToTheOneNamedAsItsKind() {
    try (Engine engine = Engine.inMemory(Numbers.class)) {
      assertEquals("numbers", new Numbers.Client(engine).total().getKey());
      assertEquals("7", new Numbers.Ref(engine, "7").total().getKey());
    }
  }

  @Test
  void aTurnWithinATurnThatFailsLeavesTheOuterOnesState() {
    try (Engine engine = Engine.inMemory(Numbers.class)) {
      OptionalRequest fails = OptionalRequest.newBuilder().setFail(true).build();
      Numbers.Ref one = new Numbers.Ref(engine, "1");
      assertEquals(1, one.again(fails).getSum());
      assertEquals(12, one.again(OptionalRequest.getDefaultInstance()).getSum());
    }
  }

  @Test
  void theCoreIsToldTheServiceAndItsFiles() throws Exception {
    Declaration declared = DeclaredKind.of(Airports.class);
    assertEquals("flights.v1.Airports", declared.settings().get("service"));
    assertEquals("protobuf", declared.settings().get("codec"));
    assertEquals(60_000L, declared.settings().get("idle_timeout_ms"));
    assertEquals(
        List.of(
            "google/protobuf/empty.proto",
            "google/protobuf/descriptor.proto",
            "google/protobuf/duration.proto",
            "everact/v1/options.proto",
            "flights/v1/airports.proto"),
        List.copyOf(declared.descriptors().keySet()));
    byte[] file = declared.descriptors().get("flights/v1/airports.proto");
    assertArrayEquals(AirportsProto.getDescriptor().toProto().toByteArray(), file);
    ExtensionRegistry options = ExtensionRegistry.newInstance();
    OptionsProto.registerAllExtensions(options);
    assertEquals(
        "AirportState",
        FileDescriptorProto.parseFrom(file, options)
            .getService(0)
            .getOptions()
            .getExtension(OptionsProto.actor)
            .getState());
    assertNull(DeclaredKind.of(KindTest.class));
  }

  /** The service has no such method, and the request no such field. */
  abstract static class Stale extends ProtoActor<AirportState> {
    static final ProtoKind<Stale, AirportState> KIND =
        ProtoKind.of(
            "stale",
            AirportsProto.getDescriptor().findServiceByName("Airports"),
            AirportState.getDefaultInstance());
    static final ProtoHandler<LandedRequest, LandedResponse> DEPARTED =
        KIND.unary(
            "departed",
            "gate",
            LandedRequest.getDefaultInstance(),
            LandedResponse.getDefaultInstance(),
            Stale::departed);

    Stale() {
      super(KIND);
    }

    abstract LandedResponse departed(LandedRequest request, Context context);
  }

  static class StaleAirport extends Stale {
    @Override
    LandedResponse departed(LandedRequest request, Context context) {
      return LandedResponse.getDefaultInstance();
    }
  }

  /** A service that the file no longer has. */
  static class Gone extends ProtoActor<AirportState> {
    static final ProtoKind<Gone, AirportState> KIND =
        ProtoKind.of(
            "gone",
            AirportsProto.getDescriptor().findServiceByName("Gone"),
            AirportState.getDefaultInstance());

    Gone() {
      super(KIND);
    }
  }

  static class Hidden extends Airports {
    @Handler(internal = true)
    @Override
    public LandedResponse landed(LandedRequest request, Context context) {
      return super.landed(request, context);
    }
  }

  static class Patient extends Airports {
    @Retry(attemptsMax = 9)
    @Override
    public LandedResponse landed(LandedRequest request, Context context) {
      return super.landed(request, context);
    }
  }

  @Test
  void annotationsDoNotDeclareWhatTheProtoDeclares() {
    String said =
        assertThrows(InvalidDeclarationException.class, () -> Engine.inMemory(Hidden.class).close())
            .getMessage();
    assertTrue(said.contains("Hidden carries @Handler on landed"), said);
    said =
        assertThrows(
                InvalidDeclarationException.class, () -> Engine.inMemory(Patient.class).close())
            .getMessage();
    assertTrue(said.contains("Patient carries @Retry on landed"), said);
  }

  @Test
  void aDeclarationThatDoesNotFitItsDescriptorIsRefused() {
    String said =
        assertThrows(
                InvalidDeclarationException.class,
                () -> Engine.inMemory(StaleAirport.class).close())
            .getMessage();
    assertTrue(said.contains("departed") && said.contains("gate"), said);
    said =
        assertThrows(InvalidDeclarationException.class, () -> Engine.inMemory(Gone.class).close())
            .getMessage();
    assertTrue(said.contains("no such service"), said);
    said =
        assertThrows(
                InvalidDeclarationException.class,
                () -> Engine.inMemory(AirportsActor.class).close())
            .getMessage();
    assertTrue(said.contains("abstract"), said);
  }
}
