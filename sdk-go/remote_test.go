package everact_test

// Actors of an engine in another process: the same references, asks, tells and errors, and what becomes of them when that process goes.

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	everact "github.com/everact/everact-go"
	"github.com/everact/everact-go/internal/serving"
)

// station is an actor that lives elsewhere in these tests.
type station struct {
	Trains    int `json:"trains"`
	Cancelled int `json:"cancelled"`
}

// hold waits so many milliseconds; it remembers when nobody waited for it.
func (s *station) hold(ctx *everact.Context, ms int) (int, error) {
	select {
	case <-ctx.Done():
		s.Cancelled++
	case <-time.After(time.Duration(ms) * time.Millisecond):
		s.Trains++
	}
	return s.Trains, nil
}

var (
	stations = everact.NewKind[station]("station")
	arrive   = everact.Handle(stations, "arrive", func(s *station, _ *everact.Context, trains int) (int, error) {
		s.Trains += trains
		if trains < 0 {
			return 0, errors.New("no train leaves backwards")
		}
		return s.Trains, nil
	})
	hold    = everact.Handle(stations, "hold", (*station).hold)
	holdOn  = everact.Handle(stations, "hold_on", (*station).hold, everact.Idempotent())
	looks   = everact.HandleNoMessage(stations, "looks", func(s *station, _ *everact.Context) (station, error) { return *s, nil }, everact.ReadOnly())
	process = everact.HandleNoMessage(stations, "process", func(*station, *everact.Context) (int, error) { return os.Getpid(), nil })
)

func TestMain(m *testing.M) { serving.Main(m, stations, porters, echo) }

// connected gives a connection that is closed when the test ends.
func connected(t testing.TB, address string, options ...everact.Option) *everact.Connection {
	t.Helper()
	connection, err := everact.Connect(address, append(options, everact.WithKinds(stations, porters, echo))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := connection.Close(); err != nil {
			t.Error(err)
		}
	})
	return connection
}

func TestActorsOfAnotherProcess(t *testing.T) {
	connection := connected(t, serving.Start(t, t.TempDir(), nil).URL())
	for name, ctx := range map[string]context.Context{"background": context.Background(), "cancellable": during(t)} {
		to := stations.Actor(connection, name)
		if pid := must(process.Ask(ctx, to, everact.None{}))(t); pid == os.Getpid() {
			t.Error("the handler ran here")
		}
		if trains := must(arrive.Ask(ctx, to, 2))(t); trains != 2 {
			t.Error(trains)
		}
		if trains := must(everact.Ask[int](ctx, connection.Actor("station", name), "arrive", 1))(t); trains != 3 {
			t.Error(trains)
		}
		if err := arrive.Tell(ctx, to, 4); err != nil {
			t.Error(err)
		}
		if trains := must(arrive.Start(ctx, to, 1).Wait(ctx))(t); trains != 8 {
			t.Error(trains)
		}
		_, err := arrive.Ask(ctx, to, -1)
		wants(t, err, everact.ErrHandlerFailed, "no train leaves backwards")
		if seen := must(looks.Ask(ctx, to, everact.None{}))(t); seen.Trains != 8 {
			t.Error(seen)
		}
		for range 2 {
			if trains := must(arrive.Ask(ctx, to, 1, everact.IdempotencyKey(name, time.Minute)))(t); trains != 9 {
				t.Error(trains)
			}
		}
	}
}

func TestErrorsOfAnotherProcess(t *testing.T) {
	process := serving.Start(t, "", nil)
	elsewhere := must(everact.Connect(process.URL(), everact.WithKinds(airport, stations)))(t)
	defer elsewhere.Close()
	_, err := landed.Ask(during(t), airport.Actor(elsewhere, "SFO"), 1)
	wants(t, err, everact.ErrUnknownKind, "airport")
	_, err = everact.Ask[int](during(t), elsewhere.Actor("station", "a"), "arrive", "many")
	wants(t, err, everact.ErrInvalidPayload)
	_, err = everact.Ask[int](during(t), elsewhere.Actor("station", "a"), "depart", 1)
	wants(t, err, everact.ErrUnknownHandler, "depart")
	_, err = everact.Ask[int](during(t), elsewhere.Actor("stadium", "a"), "arrive", 1)
	wants(t, err, everact.ErrUnknownKind, "stadium")
	_, err = arrive.Ask(during(t), stations.Actor(elsewhere, ""), 1)
	wants(t, err, everact.ErrInvalidArgument, "key")
	if err := elsewhere.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = arrive.Ask(during(t), stations.Actor(elsewhere, "a"), 1)
	wants(t, err, everact.ErrClosed)
}

// cutter stands before a server and hangs up on both sides after some bytes of replies, in the middle of what either writes; cuts counts.
func cutter(t testing.TB, server string, cuts chan<- struct{}) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			behind, err := net.Dial("tcp", server)
			if err == nil {
				go io.Copy(behind, client)
				_, _ = io.CopyN(client, behind, 3<<20)
				behind.Close()
			}
			client.Close()
			cuts <- struct{}{}
		}
	}()
	return "http://" + listener.Addr().String()
}

// Goal: a peer that goes while it is written to ends its connection, and never this process or the other (by SIGPIPE).
func TestPeersMayGoInTheMiddleOfAWrite(t *testing.T) {
	elsewhere := serving.Start(t, "", nil)
	pid := must(process.Ask(during(t), stations.Actor(connected(t, elsewhere.URL()), "pid"), everact.None{}))(t)
	cuts := make(chan struct{})
	connection := connected(t, cutter(t, elsewhere.Address, cuts), everact.ConnectOptions{RetryFirst: time.Millisecond, RetryMost: time.Millisecond})
	ctx, enough := context.WithCancel(during(t))
	var asking sync.WaitGroup
	for range 16 {
		asking.Add(1)
		go func() {
			defer asking.Done()
			for ctx.Err() == nil {
				// Most of them fail.
				_, _ = repeat.Ask(ctx, echo.Actor(connection, "cut"), make([]byte, 1<<20))
			}
		}()
	}
	for range 30 {
		<-cuts
	}
	enough()
	go func() {
		for range cuts {
		}
	}()
	asking.Wait()
	if again := must(process.Ask(during(t), stations.Actor(connected(t, elsewhere.URL()), "pid"), everact.None{}))(t); again != pid {
		t.Errorf("process %d serves, it was %d", again, pid)
	}
}

func TestDeadlinesAndCancellationReachAnotherProcess(t *testing.T) {
	connection := connected(t, serving.Start(t, "", nil).URL())
	brief, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err := hold.Ask(brief, stations.Actor(connection, "deadline"), 60_000)
	wants(t, err, everact.ErrDeadlineExceeded)
	cancellable, leave := context.WithCancel(context.Background())
	time.AfterFunc(100*time.Millisecond, leave)
	_, err = hold.Ask(cancellable, stations.Actor(connection, "cancelled"), 60_000)
	wants(t, err, everact.ErrCancelled)
	for _, key := range []string{"deadline", "cancelled"} {
		waitFor(t, func() bool {
			return must(looks.Ask(during(t), stations.Actor(connection, key), everact.None{}))(t).Cancelled == 1
		})
	}
}

func TestPayloadsAndMetadataOfAnotherProcess(t *testing.T) {
	connection := connected(t, serving.Start(t, "", nil).URL())
	for _, size := range []int{0, 1, 65537, 3_000_000} {
		message := make([]byte, size)
		for i := range message {
			message[i] = byte(i % 251)
		}
		if reply := must(repeat.Ask(during(t), echo.Actor(connection, "ünï/código"), message))(t); string(reply) != string(message) {
			t.Errorf("%d bytes came back as %d", size, len(reply))
		}
	}
	sent := everact.Metadata{"trace": {"a", "b"}, "key-bin": {"\x00\xff"}}
	want := map[string][]string{"re-trace": {"b", "a"}, "re-key-bin": {"\x00\xff"}, "carried": {"yes"}}
	var came everact.Metadata
	must(carry.Ask(during(t), porters.Actor(connection, "a"), 10, everact.WithMetadata(sent), everact.ReplyMetadata(&came)))(t)
	if !maps.EqualFunc(came, want, slices.Equal) {
		t.Errorf("%q", came)
	}
}

func TestAConnectionIsMadeAgain(t *testing.T) {
	folder := t.TempDir()
	process := serving.Start(t, folder, nil)
	connection := connected(t, process.URL(), everact.ConnectOptions{RetryFirst: 10 * time.Millisecond, RetryMost: 50 * time.Millisecond})
	must(arrive.Ask(during(t), stations.Actor(connection, "a"), 5))(t)
	lost := hold.Start(during(t), stations.Actor(connection, "lost"), 60_000)
	again := holdOn.Start(during(t), stations.Actor(connection, "again"), 700)
	time.Sleep(200 * time.Millisecond)
	process.Kill()
	_, err := lost.Wait(during(t))
	wants(t, err, everact.ErrConnectionLost)
	serving.Start(t, folder, map[string]any{"listen": process.Address})
	if trains := must(again.Wait(during(t)))(t); trains != 1 {
		t.Errorf("the ask that may be sent again counted %d", trains)
	}
	if seen := must(looks.Ask(during(t), stations.Actor(connection, "a"), everact.None{}))(t); seen.Trains != 5 {
		t.Errorf("%+v after the other process began again", seen)
	}
}

func TestOnlyTokensMayCall(t *testing.T) {
	process := serving.Start(t, "", map[string]any{"gateway": map[string]any{"serve": "all", "auth": map[string]any{"tokens": []map[string]any{
		{"name": "reader", "token": "let me in", "allow": []string{"station/looks"}},
		{"name": "all", "token": "all of it"},
	}}}})
	for _, token := range []string{"", "let me"} {
		_, err := everact.Connect(process.URL(), everact.WithKinds(stations), everact.ConnectOptions{Token: token})
		wants(t, err, everact.ErrUnauthenticated)
	}
	all := connected(t, process.URL(), everact.ConnectOptions{Token: "all of it"})
	must(arrive.Ask(during(t), stations.Actor(all, "a"), 1))(t)
}

func TestAHandlerAsksAnotherProcess(t *testing.T) {
	connection := connected(t, serving.Start(t, "", nil).URL())
	type near struct{}
	nearby := everact.NewKind[near]("near", everact.Transient())
	relay := everact.Handle(nearby, "relay", func(_ *near, ctx *everact.Context, ms int) (int, error) {
		return hold.Ask(ctx, stations.Actor(connection, ctx.Key()), ms)
	})
	engine := opened(t, "", everact.WithKinds(nearby))
	if trains := must(relay.Ask(context.Background(), nearby.Actor(engine, "a"), 1))(t); trains != 1 {
		t.Error(trains)
	}
	brief, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	// Both asks have one deadline: the outer one ends with it, or with the failure of a handler whose ask has ended first.
	if _, err := relay.Ask(brief, nearby.Actor(engine, "b"), 60_000); err == nil || !strings.Contains(err.Error(), "DeadlineExceeded") {
		t.Error(err)
	}
	waitFor(t, func() bool {
		return must(looks.Ask(during(t), stations.Actor(connection, "b"), everact.None{}))(t).Cancelled == 1
	})
}
