package proto_test

// Errors that the .proto declares: the type with its message at the caller, in this process and over a connection.

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"

	everact "github.com/everact/everact-go"
	"github.com/everact/everact-go/proto/internal/flightsv1"
)

// closedAt asks for what is refused, and gives the error of the .proto.
func closedAt(t *testing.T, scope everact.Scope) *flightsv1.AirportClosedError {
	t.Helper()
	ctx, sfo := context.Background(), flightsv1.NewAirportsReference(scope, "SFO")
	late := &flightsv1.Flight{Number: "F7", Delay: 7}
	must(sfo.Landed(ctx, &flightsv1.LandedRequest{Flight: late}))(t)
	_, err := sfo.Landed(ctx, &flightsv1.LandedRequest{Flight: &flightsv1.Flight{Number: "closed"}})
	var closed *flightsv1.AirportClosedError
	if !errors.As(err, &closed) || !errors.Is(err, everact.ErrApplicationError) {
		t.Fatalf("%v is not the declared error", err)
	}
	if want := (&flightsv1.AirportClosed{Airport: "SFO", Minutes: 1<<53 + 1, Waiting: []*flightsv1.Flight{late}}); !proto.Equal(closed.Detail, want) {
		t.Errorf("%v, want %v", closed.Detail, want)
	}
	var base *everact.ApplicationError
	if !errors.As(err, &base) || base.Type != "airport_closed" || base.Status != 422 || base.GRPC != "FAILED_PRECONDITION" {
		t.Errorf("%+v", base)
	}
	if reply := must(sfo.Summary(ctx, &flightsv1.SummaryRequest{}))(t); reply.GetFlights() != 1 {
		t.Errorf("the turn was not discarded: %v", reply)
	}
	return closed
}

func TestADeclaredErrorArrivesAsItsTypeWithItsMessage(t *testing.T) {
	if closed := closedAt(t, opened(t, "", airports)); closed.Error() != "closed for the night" {
		t.Error(closed)
	}
}

func TestADeclaredErrorGoesOverAConnection(t *testing.T) {
	served := must(everact.Open("", everact.WithKinds(airports), everact.Options{Listen: "127.0.0.1:0"}))(t)
	defer served.Close()
	there := must(everact.Connect("http://"+served.Address(), everact.WithKinds(flightsv1.AirportsKind(nil))))(t)
	defer there.Close()
	closedAt(t, there)
}

func TestAnErrorWithoutItsMessageCarriesAnEmptyOne(t *testing.T) {
	if (&flightsv1.AirportClosedError{Message: "closed"}).Error() != "closed" {
		t.Error("the text is lost")
	}
}
