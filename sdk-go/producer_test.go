package everact_test

// Sources: each record once, whatever fails and however often the source is read; and what becomes of told messages that fail for good.

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	everact "github.com/everact/everact-go"
)

// till counts what it is sent, but for a poisoned record.
type till struct {
	Sums []int `json:"sums"`
}

var (
	poison atomic.Int64
	tills  = everact.NewKind[till]("till")
	pay    = everact.Handle(tills, "pay", func(s *till, _ *everact.Context, amount int) (int, error) {
		if int64(amount) == poison.Load() {
			return 0, errors.New("poison")
		}
		s.Sums = append(s.Sums, amount)
		return len(s.Sums), nil
	}, everact.WithRetry(everact.Retry{AttemptsMax: 2, FirstWait: time.Millisecond, WaitMax: time.Millisecond}))
	sums  = everact.HandleNoMessage(tills, "sums", func(s *till, _ *everact.Context) ([]int, error) { return s.Sums, nil }, everact.ReadOnly())
	tells = everact.HandleNoReply(tills, "tells", func(_ *till, ctx *everact.Context, amount int) error {
		return pay.Tell(ctx, tills.Actor(ctx, "told"), amount, everact.WithMetadata(everact.Metadata{"x-trip": {"LHR"}}))
	})
)

// amounts are the records 1 to n, spread over three actors.
func amounts(engine *everact.Engine, n int) func(yield func(everact.Record) bool) {
	return func(yield func(everact.Record) bool) {
		for i := 1; i <= n; i++ {
			to := tills.Actor(engine, fmt.Sprint("k", i%3)).Reference
			if !yield(everact.Record{Sequence: uint64(i), To: to, Message: i}) {
				return
			}
		}
	}
}

func checkSums(t *testing.T, engine *everact.Engine, n int) {
	t.Helper()
	for k := range 3 {
		got := must(sums.Ask(context.Background(), tills.Actor(engine, fmt.Sprint("k", k)), everact.None{}))(t)
		want := 0
		for i := 1; i <= n; i++ {
			if i%3 == k {
				if want >= len(got) || got[want] != i {
					t.Fatalf("k%d has %v, want %d as number %d", k, got, i, want)
				}
				want++
			}
		}
		if len(got) != want {
			t.Errorf("k%d has %d records, want %d", k, len(got), want)
		}
	}
}

func TestASourceIsIngestedOnce(t *testing.T) {
	ctx, folder := context.Background(), t.TempDir()
	poison.Store(70)
	first := must(everact.Open(folder, everact.WithKinds(tills)))(t)
	source := first.Producer("file", everact.Window(16))
	done, err := source.Send(ctx, "pay", amounts(first, 100))
	wants(t, err, everact.ErrHandlerFailed, "poison")
	if done.Applied >= 100 || done.Applied < 69 {
		t.Errorf("%+v", done)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	poison.Store(0)
	second := opened(t, folder, everact.WithKinds(tills))
	source = second.Producer("file", everact.Window(16))
	if done, err = source.Send(ctx, "pay", amounts(second, 100)); err != nil || done.Applied+done.AlreadyApplied != 100 || done.Newest != 100 {
		t.Fatalf("%+v %v", done, err)
	}
	checkSums(t, second, 100)
	if done, err = source.Send(ctx, "pay", amounts(second, 100)); err != nil || done.Applied > 3 || done.Applied+done.AlreadyApplied != 100 {
		t.Errorf("%+v %v", done, err)
	}
	if newest := must(source.Newest())(t); newest != 100 {
		t.Errorf("newest is %d", newest)
	}
	at := tills.Actor(second, "k1").Address()
	if newest := must(source.NewestAt(at))(t); newest != 100 {
		t.Errorf("newest at %v is %d", at, newest)
	}
	wants(t, source.Skip(at, 5), everact.ErrInvalidArgument)
}

func TestAPoisonedRecordCanBeSkipped(t *testing.T) {
	poison.Store(7)
	defer poison.Store(0)
	engine := opened(t, t.TempDir(), everact.WithKinds(tills))
	source := engine.Producer("file")
	_, err := source.Send(context.Background(), "pay", amounts(engine, 20))
	wants(t, err, everact.ErrHandlerFailed, "poison")
	if err := source.Skip(tills.Actor(engine, "k1").Address(), 7); err != nil {
		t.Fatal(err)
	}
	if _, err := source.Send(context.Background(), "pay", amounts(engine, 20)); err != nil {
		t.Fatal(err)
	}
	if got := must(sums.Ask(during(t), tills.Actor(engine, "k1"), everact.None{}))(t); fmt.Sprint(got) != "[1 4 10 13 16 19]" {
		t.Errorf("%v", got)
	}
}

// withGap is an actor that takes nothing more of the producer until its number 1 is skipped.
func withGap(t *testing.T, engine *everact.Engine, producer string) everact.Ref[till] {
	t.Helper()
	poison.Store(7)
	defer poison.Store(0)
	actor := tills.Actor(engine, "gap")
	_, err := pay.Ask(during(t), actor, 7, everact.Producer(producer, 1))
	wants(t, err, everact.ErrHandlerFailed, "poison")
	return actor
}

func TestARefusedRecordIsSentAgainAndAppliedOnce(t *testing.T) {
	engine := opened(t, t.TempDir(), everact.WithKinds(tills))
	actor, source := withGap(t, engine, "file"), engine.Producer("file")
	go func() {
		time.Sleep(20 * time.Millisecond)
		if err := source.Skip(actor.Address(), 1); err != nil {
			t.Error(err)
		}
	}()
	begin := time.Now()
	done, err := source.Send(during(t), "pay", func(yield func(everact.Record) bool) {
		_ = yield(everact.Record{Sequence: 2, To: actor.Reference, Message: 2}) && yield(everact.Record{Sequence: 3, To: actor.Reference, Message: 3})
	})
	if want := (everact.Ingested{Applied: 2, Newest: 3}); err != nil || done != want {
		t.Errorf("%+v %v", done, err)
	}
	if took := time.Since(begin); took < 100*time.Millisecond {
		t.Errorf("sent again after %v", took)
	}
	if got := must(sums.Ask(during(t), actor, everact.None{}))(t); fmt.Sprint(got) != "[2 3]" {
		t.Errorf("%v", got)
	}
}

func TestARecordHasSoManyAttempts(t *testing.T) {
	engine := opened(t, t.TempDir(), everact.WithKinds(tills))
	actor := withGap(t, engine, "file")
	for attempts, least := range map[int]time.Duration{1: 0, 2: 100 * time.Millisecond, 3: 300 * time.Millisecond} {
		begin := time.Now()
		_, err := engine.Producer("file", everact.Attempts(attempts)).Send(during(t), "pay", func(yield func(everact.Record) bool) {
			yield(everact.Record{Sequence: 2, To: actor.Reference, Message: 2})
		})
		wants(t, err, everact.ErrUnavailable, "sequence 1 failed")
		if took := time.Since(begin); took < least || took > least+10*time.Second {
			t.Errorf("%d attempts took %v", attempts, took)
		}
	}
}

func TestDeadLetters(t *testing.T) {
	poison.Store(9)
	defer poison.Store(0)
	engine := opened(t, t.TempDir(), everact.WithKinds(tills))
	for _, amount := range []int{9, 9, 1} {
		must(tells.Ask(during(t), tills.Actor(engine, "teller"), amount))(t)
	}
	var letters []everact.DeadLetter
	waitFor(t, func() bool {
		letters = must(engine.DeadLetters(everact.DeadLetterQuery{Kind: "till", Key: "told"}))(t)
		return len(letters) == 2
	})
	letter := must(engine.DeadLetter(letters[0].ID))(t)
	if letter.Handler != "pay" || letter.Sender != "till/teller" || letter.Attempts != 2 || letter.Error != "HandlerFailed" ||
		string(letter.Payload) != "9" || letter.Metadata["x-trip"] != "LHR" || time.Since(letter.FailedAt()) > time.Minute {
		t.Errorf("%+v", letter)
	}
	if err := errors.Join(engine.Retry(letters[0].ID, 5), engine.Drop(letters[1].ID)); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		got := must(sums.Ask(during(t), tills.Actor(engine, "told"), everact.None{}))(t)
		return len(got) == 2 && got[0]+got[1] == 6
	})
	if letters = must(engine.DeadLetters(everact.DeadLetterQuery{}))(t); len(letters) != 0 {
		t.Errorf("%+v", letters)
	}
	wants(t, engine.Drop(letter.ID), everact.ErrInvalidArgument)
	_, err := engine.DeadLetter(letter.ID)
	wants(t, err, everact.ErrInvalidArgument)
}
