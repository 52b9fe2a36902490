package proto_test

// Actors of a .proto within an engine: every kind of method, state, keys, declarations, hooks.

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	everact "github.com/everact/everact-go"
	everactproto "github.com/everact/everact-go/proto"
	"github.com/everact/everact-go/proto/internal/flightsv1"
)

func TestEveryKindOfMethod(t *testing.T) {
	for name, ctx := range map[string]context.Context{"on the asking goroutine": context.Background(), "elsewhere": during(t)} {
		t.Run(name, func(t *testing.T) { everyKindOfMethod(t, ctx, opened(t, t.TempDir(), airports)) })
	}
}

// everyKindOfMethod goes the same way through an engine and through a connection.
func everyKindOfMethod(t *testing.T, ctx context.Context, scope everact.Scope) {
	t.Helper()
	sfo := flightsv1.NewAirportsReference(scope, "SFO")
	if reply := must(sfo.Landed(ctx, flight("LH 454", 12)))(t); reply.GetFlights() != 1 || reply.GetMeanDelay() != 12 {
		t.Error(reply)
	}
	many := []*flightsv1.LandedRequest{flight("UA 1", 0), flight("UA 2", 6)}
	if reply := must(sfo.StartUpload(ctx, many).Wait(ctx))(t); reply.GetFlights() != 3 || reply.GetMeanDelay() != 6 {
		t.Error(reply)
	}
	for delay, want := range map[int32]int{-1: 0, 0: 1, 5: 2} {
		if replies := must(sfo.Follow(ctx, flight("AF 84", delay)))(t); len(replies) != want {
			t.Errorf("delay %d: %v", delay, replies)
		}
	}
	late := must(sfo.Late(ctx, &flightsv1.LateRequest{DelayMin: 6}))(t)
	if len(late) != 2 || late[0].GetNumber() != "LH 454" || late[1].GetNumber() != "UA 2" {
		t.Error(late)
	}
	if err := sfo.Note(ctx, &flightsv1.NoteRequest{Text: "fog"}); err != nil {
		t.Error(err)
	}
	if reply := must(sfo.Summary(ctx, &flightsv1.SummaryRequest{}))(t); reply.GetFlights() != 6 || reply.GetNote() != "fog" {
		t.Error(reply)
	}
	if err := sfo.TellClear(ctx, &flightsv1.ClearRequest{}); err != nil {
		t.Error(err)
	}
	if reply := summary(t, sfo); reply.GetFlights() != 0 {
		t.Error(reply)
	}
}

func TestStateIsOneMessage(t *testing.T) {
	folder := t.TempDir()
	for round := int64(1); round <= 3; round++ {
		engine := must(everact.Open(folder, everact.WithKinds(airports)))(t)
		sfo := flightsv1.NewAirportsReference(engine, "SFO")
		if reply := must(sfo.Landed(during(t), flight("LH 454", 12)))(t); reply.GetFlights() != round {
			t.Errorf("round %d: %v", round, reply)
		}
		if late := must(sfo.Late(during(t), &flightsv1.LateRequest{}))(t); len(late) != int(round) {
			t.Errorf("round %d: %v", round, late)
		}
		if err := engine.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFailedTurnPutsTheStateBackAndNothingElse(t *testing.T) {
	sfo := flightsv1.NewAirportsReference(opened(t, t.TempDir(), airports), "SFO")
	must(sfo.Landed(during(t), flight("LH 454", 12)))(t)
	_, err := sfo.Landed(during(t), flight("full", 30))
	wants(t, err, everact.ErrHandlerFailed, "no gate is free")
	_, err = sfo.Upload(during(t), []*flightsv1.LandedRequest{flight("UA 1", 1), flight("full", 1)})
	wants(t, err, everact.ErrHandlerFailed, "no gate is free")
	if reply := summary(t, sfo); reply.GetFlights() != 1 || reply.GetMeanDelay() != 12 {
		t.Error(reply)
	}
	if err := sfo.Note(during(t), &flightsv1.NoteRequest{Text: "turns"}); err != nil {
		t.Fatal(err)
	}
	if reply := summary(t, sfo); reply.GetFlights() != 4 {
		t.Errorf("the actor's own field saw %d turns, not 4", reply.GetFlights())
	}
}

func TestAStateThatIsNilIsEmpty(t *testing.T) {
	sfo := flightsv1.NewAirportsReference(opened(t, t.TempDir(), airports), "SFO")
	must(sfo.Landed(during(t), flight("LH 454", 12)))(t)
	if reply := must(sfo.Landed(during(t), flight("none", 0)))(t); reply == nil || proto.Size(reply) != 0 {
		t.Errorf("a reply that is nil arrived as %v", reply)
	}
	if reply := summary(t, sfo); reply.GetFlights() != 0 {
		t.Error(reply)
	}
	if reply := must(sfo.Landed(during(t), flight("LH 454", 12)))(t); reply.GetFlights() != 1 {
		t.Error(reply)
	}
}

func TestAReaderThatChangesTheStateIsRefused(t *testing.T) {
	sfo := flightsv1.NewAirportsReference(opened(t, t.TempDir(), airports), "SFO")
	must(sfo.Landed(during(t), flight("LH 454", 12)))(t)
	_, err := sfo.Late(during(t), &flightsv1.LateRequest{DelayMin: -1})
	wants(t, err, everact.ErrReadOnlyViolation)
	if reply := summary(t, sfo); reply.GetNote() != "" || reply.GetFlights() != 1 {
		t.Error(reply)
	}
}

func TestNobodySharesMessages(t *testing.T) {
	sfo := flightsv1.NewAirportsReference(opened(t, "", airports), "SFO")
	request := flight("LH 454", 12)
	before := proto.Clone(request)
	must(sfo.Landed(context.Background(), request))(t)
	if !proto.Equal(request, before) {
		t.Errorf("the caller's request became %v", request)
	}
	request.Flight.Delay = 99
	must(sfo.Late(context.Background(), &flightsv1.LateRequest{}))(t)[0].Number = "changed"
	if late := must(sfo.Late(context.Background(), &flightsv1.LateRequest{}))(t); !proto.Equal(late[0], before.(*flightsv1.LandedRequest).Flight) {
		t.Errorf("the state became %v", late)
	}
}

func TestTheKeyIsInTheRequest(t *testing.T) {
	ctx, engine := context.Background(), opened(t, "", airports)
	all, sfo := flightsv1.NewAirportsActors(engine), flightsv1.NewAirportsReference(engine, "SFO")
	request := flight("LH 454", 12)
	request.Airport = "SFO"
	must(all.Landed(ctx, request))(t)
	must(sfo.Landed(ctx, request))(t)
	must(all.Actor("SFO").Landed(ctx, flight("LH 454", 12)))(t)
	must(all.Upload(ctx, []*flightsv1.LandedRequest{request, flight("UA 1", 0)}))(t)
	if reply := summary(t, sfo); reply.GetFlights() != 5 {
		t.Error(reply)
	}
	other := &flightsv1.LandedRequest{Airport: "FRA"}
	_, err := sfo.Landed(ctx, other)
	wants(t, err, everact.ErrInvalidArgument, "FRA", "SFO")
	wants(t, sfo.TellLanded(ctx, other), everact.ErrInvalidArgument, "FRA")
	_, err = sfo.Upload(ctx, []*flightsv1.LandedRequest{request, other})
	wants(t, err, everact.ErrInvalidArgument, "FRA")
	_, err = all.Upload(ctx, []*flightsv1.LandedRequest{request, other})
	wants(t, err, everact.ErrInvalidArgument, "FRA")
	for _, none := range [][]*flightsv1.LandedRequest{nil, {}} {
		_, err = sfo.Upload(ctx, none)
		wants(t, err, everact.ErrInvalidArgument, "empty")
		_, err = all.Upload(ctx, none)
		wants(t, err, everact.ErrInvalidArgument, "empty")
	}
	_, err = all.Landed(ctx, flight("LH 454", 12))
	wants(t, err, everact.ErrInvalidArgument, "airport")
	wants(t, all.Note(ctx, nil), everact.ErrInvalidArgument, "airport")
	_, err = flightsv1.NewAirportsReference(engine, "").Landed(ctx, flight("LH 454", 12))
	wants(t, err, everact.ErrInvalidArgument)
}

func TestHandlersAskAndTell(t *testing.T) {
	engine := opened(t, t.TempDir(), airports)
	all, fra := flightsv1.NewAirportsActors(engine), flightsv1.NewAirportsReference(engine, "FRA")
	if err := all.Note(during(t), &flightsv1.NoteRequest{Airport: "SFO", Text: "FRA"}); err != nil {
		t.Fatal(err)
	}
	if err := all.Clear(during(t), &flightsv1.ClearRequest{Airport: "SFO"}); err != nil {
		t.Fatal(err)
	}
	for summary(t, fra).GetNote() == "" && during(t).Err() == nil {
		time.Sleep(time.Millisecond)
	}
	if reply := summary(t, fra); reply.GetNote() != "from SFO" || reply.GetFlights() != 1 {
		t.Error(reply)
	}
	if err := all.Note(during(t), &flightsv1.NoteRequest{Airport: "SFO", Text: "SFO"}); err != nil {
		t.Fatal(err)
	}
	wants(t, all.Clear(during(t), &flightsv1.ClearRequest{Airport: "SFO"}), everact.ErrHandlerFailed, "Deadlock")
}

func TestBytesThatAreNoMessage(t *testing.T) {
	ctx, engine := context.Background(), opened(t, "", airports)
	for handler, payload := range map[string]string{
		"landed": "\x0a\xff", "clear": "{}", "upload": "", "follow": "\x0a\x02\xff\xfe",
	} {
		_, err := everact.Ask[[]byte](ctx, engine.Actor("airports", "SFO"), handler, []byte(payload))
		wants(t, err, everact.ErrInvalidPayload, "equest")
	}
	for payload, text := range map[string]string{"\x01\x00": "length", "\x05\x00\x00\x00\x0a": "5 bytes", "\x02\x00\x00\x00\x0a\xff": "item 0"} {
		_, err := everact.Ask[[]byte](ctx, engine.Actor("airports", "SFO"), "upload", []byte(payload))
		wants(t, err, everact.ErrInvalidPayload, text)
	}
	if reply := summary(t, flightsv1.NewAirportsReference(engine, "SFO")); reply.GetFlights() != 0 {
		t.Error(reply)
	}
}

func TestAKindThatIsNotThere(t *testing.T) {
	engine := opened(t, "")
	_, err := flightsv1.NewAirportsReference(engine, "SFO").Landed(context.Background(), flight("LH 454", 12))
	wants(t, err, everact.ErrUnknownKind, "airports")
	for _, kind := range []everact.AnyKind{
		flightsv1.AirportsKind(nil), flightsv1.AirportsKind(func() flightsv1.AirportsActor { return nil }),
		flightsv1.AirportsKind(func() flightsv1.AirportsActor { return (*Airports)(nil) }),
	} {
		_, err = everact.OpenInMemory(everact.WithKinds(kind))
		wants(t, err, everact.ErrInvalidDeclaration, "airports", "makes its actors")
	}
	_, err = everact.OpenInMemory(everact.WithKinds(airports, airports))
	wants(t, err, everact.ErrDuplicateKind, "airports")
}

func TestDeclarationsThatCannotBeUsed(t *testing.T) {
	refuses := func(service, key, text string, options ...everact.KindOption) {
		t.Helper()
		kind := everactproto.NewKind[flightsv1.AirportsActor, *flightsv1.AirportState]("airports", service, options...)
		everactproto.Unary(kind, "landed", key, flightsv1.AirportsActor.Landed)
		_, err := everact.OpenInMemory(everact.WithKinds(kind.With(func() flightsv1.AirportsActor { return new(Airports) })))
		wants(t, err, everact.ErrInvalidDeclaration, text)
	}
	refuses("flights.v1.Airport", "airport", "flights.v1.Airport")
	refuses("flights.v1.Flight", "airport", "no service")
	refuses("flights.v1.Airports", "airports", `"airports"`)
	refuses("flights.v1.Airports", "flight", "flight")
	refuses("flights.v1.Airports", "airport", "WithNew", everact.WithNew(func() *Airports { return nil }))
}

func TestHooksAreTheActorsOwn(t *testing.T) {
	var passivated atomic.Int32
	kind := flightsv1.AirportsKind(func() flightsv1.AirportsActor { return &guest{passivated: &passivated} })
	sfo := flightsv1.NewAirportsReference(opened(t, "", kind), "SFO")
	if reply := summary(t, sfo); reply.GetNote() != "activated SFO" {
		t.Error(reply)
	}
	if err := sfo.Clear(during(t), &flightsv1.ClearRequest{}); err != nil {
		t.Fatal(err)
	}
	for passivated.Load() == 0 && during(t).Err() == nil {
		time.Sleep(time.Millisecond)
	}
	if passivated.Load() != 1 {
		t.Error("the actor left memory without its hook")
	}
}

func TestAReferenceToAnotherKind(t *testing.T) {
	first := everactproto.NewKind[flightsv1.AirportsActor, *flightsv1.AirportState]("first", "flights.v1.Airports")
	second := everactproto.NewKind[flightsv1.AirportsActor, *flightsv1.AirportState]("second", "flights.v1.Airports")
	landed := everactproto.Unary(first, "landed", "airport", flightsv1.AirportsActor.Landed)
	newActor := func() flightsv1.AirportsActor { return new(Airports) }
	engine := opened(t, "", first.With(newActor), second.With(newActor))
	must(landed.Ask(context.Background(), first.Reference(engine, "SFO"), flight("LH 454", 1)))(t)
	_, err := landed.Ask(context.Background(), second.Reference(engine, "SFO"), flight("LH 454", 1))
	wants(t, err, everact.ErrInvalidArgument, "first", "second")
	wants(t, landed.Tell(context.Background(), second.Reference(engine, "SFO"), flight("LH 454", 1)), everact.ErrInvalidArgument)
}
