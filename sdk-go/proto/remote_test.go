package proto_test

// Actors of a .proto in another process, which here is only declared.

import (
	"testing"

	"google.golang.org/protobuf/proto"

	everact "github.com/everact/everact-go"
	"github.com/everact/everact-go/internal/serving"
	"github.com/everact/everact-go/proto/internal/flightsv1"
	"github.com/everact/everact-go/proto/internal/keysv1"
)

func TestMain(m *testing.M) { serving.Main(m, airports, withNumbers) }

func TestEveryKindOfMethodOfAnotherProcess(t *testing.T) {
	process := serving.Start(t, t.TempDir(), nil)
	connection := must(everact.Connect(process.URL(), everact.WithKinds(flightsv1.AirportsKind(nil), keysv1.NumbersKind(nil))))(t)
	defer connection.Close()
	everyKindOfMethod(t, during(t), connection)

	numbers := keysv1.NewNumbersReference(connection, -7)
	if reply := must(numbers.Add(during(t), &keysv1.AddRequest{Amount: proto.Int64(3)}))(t); reply.GetValue() != 3 {
		t.Error(reply)
	}
	sfo := flightsv1.NewAirportsReference(connection, "SFO")
	_, err := sfo.Landed(during(t), flight("full", 1))
	wants(t, err, everact.ErrHandlerFailed, "no gate is free")
	_, err = sfo.Landed(during(t), &flightsv1.LandedRequest{Airport: "FRA"})
	wants(t, err, everact.ErrInvalidArgument, "FRA")
	_, err = everact.Ask[[]byte](during(t), connection.Actor("airports", "SFO"), "landed", []byte("\x0a\xff"))
	wants(t, err, everact.ErrInvalidPayload, "LandedRequest")
}
