package everact_test

// What is declared: handlers in one call and late ones, states and their fields, application errors.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	everact "github.com/everact/everact-go"
)

// Shop is declared by its methods.
type Shop struct {
	Sold  map[string]int `json:"sold"`
	price int
}

type sale struct {
	Item string `json:"item"`
	Many int    `json:"many" everact:"optional"`
}

func (s *Shop) Sell(_ *everact.Context, m sale) (int, error) {
	if s.Sold == nil {
		s.Sold = map[string]int{}
	}
	s.Sold[m.Item] += max(m.Many, 1)
	return s.price * s.Sold[m.Item], nil
}

func (s *Shop) TotalSold(*everact.Context) (map[string]int, error) { return s.Sold, nil }

func (s *Shop) EchoBytes(_ *everact.Context, b []byte) ([]byte, error) { return b, nil }

func (s *Shop) Close(*everact.Context) error { return errors.New("never") }

func (s *Shop) Bad(int) {}

func TestHandlersOfManyMethods(t *testing.T) {
	shops := everact.NewKind[Shop]("shop", everact.WithNew(func() *Shop { return &Shop{price: 3} }))
	everact.Handlers(shops, (*Shop).Sell, everact.Bind((*Shop).TotalSold, everact.ReadOnly()), (*Shop).EchoBytes, (*Shop).Close)
	engine := opened(t, t.TempDir(), everact.WithKinds(shops))
	shop := engine.Actor("shop", "a")
	if got := must(everact.Ask[int](during(t), shop, "sell", sale{"tea", 2}))(t); got != 6 {
		t.Error(got)
	}
	if got := must(everact.Ask[int](during(t), shop, "sell", json.RawMessage(`{"item":"tea"}`)))(t); got != 9 {
		t.Error(got)
	}
	if got := must(everact.Ask[map[string]int](during(t), shop, "total_sold", nil))(t); got["tea"] != 3 {
		t.Error(got)
	}
	if got := must(everact.Ask[[]byte](during(t), shop, "echo_bytes", []byte{0xff}))(t); string(got) != "\xff" {
		t.Error(got)
	}
	_, err := everact.Ask[any](during(t), shop, "close", nil)
	wants(t, err, everact.ErrHandlerFailed, "never")
	for text, want := range map[string]string{`{"itme":"tea"}`: "the field `item` is missing, the field `itme` is unknown", `5`: "object"} {
		_, err = everact.Ask[int](during(t), shop, "sell", json.RawMessage(text))
		wants(t, err, everact.ErrInvalidPayload, want)
	}
	wrong := everact.NewKind[Shop]("wrong")
	everact.Handlers(wrong, (*Shop).Bad)
	_, err = everact.OpenInMemory(everact.WithKinds(wrong))
	wants(t, err, everact.ErrInvalidDeclaration, "wrong")
}

func TestAHandlerDeclaredAfterOpenIsAnError(t *testing.T) {
	kind := everact.NewKind[Shop]("late")
	engine := opened(t, "", everact.WithKinds(kind))
	late := everact.HandleNothing(kind, "go", func(*Shop, *everact.Context) error { return nil })
	_, err := late.Ask(during(t), kind.Actor(engine, "a"), everact.None{})
	wants(t, err, everact.ErrInvalidDeclaration, "after the engine had opened")
	wants(t, late.Tell(during(t), kind.Actor(engine, "a"), everact.None{}), everact.ErrInvalidDeclaration)
	_, err = late.Start(during(t), kind.Actor(engine, "a"), everact.None{}).Wait(during(t))
	wants(t, err, everact.ErrInvalidDeclaration)
	_, err = everact.Ask[any](during(t), engine.Actor("late", "a"), "go", nil)
	wants(t, err, everact.ErrUnknownHandler, "when the engine opened")
	second := opened(t, "", everact.WithKinds(kind))
	must(late.Ask(during(t), kind.Actor(second, "a"), everact.None{}))(t)
}

// box is a state with every way to be unfit, and a field that is no state.
type box struct {
	Ratio float64        `json:"ratio"`
	Text  string         `json:"text"`
	When  time.Time      `json:"when"`
	Free  any            `json:"free"`
	By    map[string]any `json:"by"`
	calls int
}

var (
	boxes  = everact.NewKind[box]("box", everact.WithNew(func() *box { return &box{When: time.Unix(0, 0).UTC()} }))
	fill   = everact.HandleNoReply(boxes, "fill", func(b *box, _ *everact.Context, way string) error { return fillings[way](b) })
	visits = everact.HandleNoMessage(boxes, "visits", func(b *box, ctx *everact.Context) ([2]int, error) {
		b.calls++
		return [2]int{b.calls, int(ctx.Revision())}, nil
	}, everact.ReadOnly())
	contents = everact.HandleNoMessage(boxes, "contents", func(b *box, _ *everact.Context) (string, error) {
		return fmt.Sprintf("%v %q %v %T %v %v", b.Ratio, b.Text, b.When, b.Free, b.Free, b.By), nil
	})
	fillings = map[string]func(*box) error{
		"ratio: NaN":       func(b *box) error { b.Ratio = math.NaN(); return nil },
		"text: ":           func(b *box) error { b.Text = "\xff"; return nil },
		"when: ":           func(b *box) error { b.When = b.When.AddDate(20_000, 0, 0); return nil },
		"free: ":           func(b *box) error { b.Free = make(chan int); return nil },
		"by.a[1]: +Inf":    func(b *box) error { b.By = map[string]any{"a": []any{1, math.Inf(1)}}; return nil },
		"good integer":     func(b *box) error { b.Free = 7; return nil },
		"good struct":      func(b *box) error { b.Free = sale{"tea", 1}; return nil },
		"good large":       func(b *box) error { b.Free = int64(1)<<62 + 1; return nil },
		"good time":        func(b *box) error { b.When = time.Now(); return nil },
		"good map":         func(b *box) error { b.By = map[string]any{"x": []int{1}}; return nil },
		"only a transient": func(b *box) error { b.calls += 100; return nil },
	}
)

func TestAStateThatIsUnfitFailsItsTurn(t *testing.T) {
	engine := opened(t, t.TempDir(), everact.WithKinds(boxes))
	actor := boxes.Actor(engine, "a")
	before := must(contents.Ask(during(t), actor, everact.None{}))(t)
	for way := range fillings {
		if path, _, _ := strings.Cut(way, ":"); path != way {
			_, err := fill.Ask(during(t), actor, way)
			wants(t, err, everact.ErrInvalidState, "InvalidState: "+way)
		}
	}
	if after := must(contents.Ask(during(t), actor, everact.None{}))(t); after != before {
		t.Errorf("%s became %s", before, after)
	}
}

func TestTheNextTurnSeesWhatARestartReads(t *testing.T) {
	folder := t.TempDir()
	for way := range fillings {
		if !strings.HasPrefix(way, "good") {
			continue
		}
		first := must(everact.Open(folder, everact.WithKinds(boxes)))(t)
		must(fill.Ask(during(t), boxes.Actor(first, way), way))(t)
		next := must(contents.Ask(during(t), boxes.Actor(first, way), everact.None{}))(t)
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		second := must(everact.Open(folder, everact.WithKinds(boxes)))(t)
		if restarted := must(contents.Ask(during(t), boxes.Actor(second, way), everact.None{}))(t); restarted != next {
			t.Errorf("%s: the next turn saw %s, a restart %s", way, next, restarted)
		}
		if err := second.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestATransientFieldIsNoChange(t *testing.T) {
	engine := opened(t, t.TempDir(), everact.WithKinds(boxes))
	actor := boxes.Actor(engine, "a")
	must(fill.Ask(during(t), actor, "only a transient"))(t)
	if got := must(visits.Ask(during(t), actor, everact.None{}))(t); got != [2]int{101, 0} {
		t.Errorf("calls and revision are %v", got)
	}
}

// tally would be compared as it lies in memory, but for the field that is no state.
type tally struct {
	Count int `json:"count"`
	calls int
}

func TestAnUnexportedFieldOfAFlatStructIsNoChange(t *testing.T) {
	tallies := everact.NewKind[tally]("tally")
	look := everact.HandleNoMessage(tallies, "look", func(s *tally, ctx *everact.Context) ([3]int, error) {
		s.calls++
		return [3]int{s.Count, s.calls, int(ctx.Revision())}, nil
	}, everact.ReadOnly())
	touch := everact.HandleNothing(tallies, "touch", func(s *tally, _ *everact.Context) error { s.calls += 10; return nil })
	count := everact.HandleNothing(tallies, "count", func(s *tally, _ *everact.Context) error { s.Count++; return nil })
	engine := opened(t, t.TempDir(), everact.WithKinds(tallies))
	actor := tallies.Actor(engine, "a")
	sees := func(want [3]int) {
		t.Helper()
		if got := must(look.Ask(during(t), actor, everact.None{}))(t); got != want {
			t.Errorf("count, calls and revision are %v, want %v", got, want)
		}
	}
	sees([3]int{0, 1, 0})
	must(touch.Ask(during(t), actor, everact.None{}))(t)
	sees([3]int{0, 12, 0})
	must(count.Ask(during(t), actor, everact.None{}))(t)
	sees([3]int{1, 13, 1})
}

func TestAStoredStateThatDoesNotFitIsStateMismatch(t *testing.T) {
	folder := t.TempDir()
	open := func(kind everact.AnyKind) *everact.Engine {
		return must(everact.Open(folder, everact.WithKinds(kind)))(t)
	}
	first := open(airport)
	must(landed.Ask(during(t), airport.Actor(first, "SFO"), 1))(t)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	type other struct {
		Flights string `json:"flights"`
	}
	changed := everact.NewKind[other]("airport")
	look := everact.HandleNoMessage(changed, "look", func(o *other, _ *everact.Context) (string, error) { return o.Flights, nil })
	second := open(changed)
	_, err := look.Ask(during(t), changed.Actor(second, "SFO"), everact.None{})
	wants(t, err, everact.ErrStateMismatch, "airport/SFO", "flights: 1 does not fit string")
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	third := opened(t, folder, everact.WithKinds(airport))
	if got := must(count.Ask(during(t), airport.Actor(third, "SFO"), everact.None{}))(t); got != 1 {
		t.Error(got)
	}
}

// SeatTaken is an application error by its type, errNoShow one by its value.
type SeatTaken struct {
	Seat string `json:"seat"`
	Row  int    `json:"row"`
}

func (s SeatTaken) Error() string { return "seat " + s.Seat + " is taken" }

var (
	errNoShow = errors.New("no such show")
	errMine   = errors.New("mine")
	_         = everact.RegisterError[SeatTaken]("seat_taken", everact.Status(423))
	_         = everact.RegisterSentinel(errNoShow, "no_such_show", everact.Status(404), everact.GRPC("NOT_FOUND"))

	shows = everact.NewKind[Echo]("show", everact.Exposed())
	book  = everact.HandleNoReply(shows, "book", func(_ *Echo, ctx *everact.Context, way string) error {
		switch way {
		case "taken":
			return fmt.Errorf("booking: %w", SeatTaken{"12A", 12})
		case "no show":
			return errNoShow
		case "refused":
			return everact.Refuse("too_late", "the show has begun", everact.Details(map[string]any{"minutes": 5}))
		case "mine":
			return fmt.Errorf("wrapped: %w", errMine)
		case "full":
			return fmt.Errorf("wrapped: %w", everact.ErrMailboxFull)
		default:
			_, err := everact.Ask[everact.None](ctx, ctx.Actor("show", "inner"), "book", strings.TrimPrefix(way, "through "))
			return err
		}
	})
)

func checkRefusals(t *testing.T, where everact.Scope) {
	t.Helper()
	for _, way := range []string{"taken", "through taken"} {
		_, err := book.Ask(during(t), shows.Actor(where, "a"), way)
		wants(t, err, everact.ErrApplicationError, "seat 12A is taken")
		var taken SeatTaken
		var base *everact.ApplicationError
		if !errors.As(err, &taken) || taken != (SeatTaken{"12A", 12}) {
			t.Errorf("%s: %v", way, err)
		}
		if !errors.As(err, &base) || base.Type != "seat_taken" || base.Status != 423 || base.Details["seat"] != "12A" {
			t.Errorf("%s: %+v", way, base)
		}
	}
	_, err := book.Ask(context.Background(), shows.Actor(where, "a"), "no show")
	if !errors.Is(err, errNoShow) {
		t.Error(err)
	}
	_, err = book.Start(during(t), shows.Actor(where, "a"), "refused").Wait(during(t))
	var base *everact.ApplicationError
	if !errors.As(err, &base) || base.Type != "too_late" || base.Status != 409 || base.Details["minutes"] != 5.0 || everact.Retryable(err) {
		t.Errorf("%v %+v", err, base)
	}
}

func TestApplicationErrorsArriveAsTheirTypes(t *testing.T) {
	engine := opened(t, "", everact.WithKinds(shows), everact.Options{Listen: "127.0.0.1:0"})
	checkRefusals(t, engine)
	connection := must(everact.Connect("http://"+engine.Address(), everact.WithKinds(shows)))(t)
	defer connection.Close()
	checkRefusals(t, connection)
}

func TestACauseIsFoundInTheSameProcess(t *testing.T) {
	engine := opened(t, "", everact.WithKinds(shows))
	for _, ctx := range []context.Context{context.Background(), during(t)} {
		_, err := book.Ask(ctx, shows.Actor(engine, "a"), "mine")
		wants(t, err, everact.ErrHandlerFailed, "mine")
		if !errors.Is(err, errMine) {
			t.Errorf("%v does not unwrap to what the handler returned", err)
		}
		_, err = book.Ask(ctx, shows.Actor(engine, "a"), "full")
		if wants(t, err, everact.ErrHandlerFailed, "MailboxFull"); errors.Is(err, everact.ErrMailboxFull) {
			t.Error("what a handler met is taken for what its caller met")
		}
	}
}

func TestHowLongAKeyIsKeptHasBounds(t *testing.T) {
	engine := opened(t, t.TempDir(), everact.WithKinds(airport))
	for keep, fits := range map[time.Duration]bool{
		0: false, -time.Second: false, time.Microsecond: false, time.Millisecond: true, (math.MaxUint32 - 1) * time.Millisecond: true,
		math.MaxUint32 * time.Millisecond: false, math.MaxInt64: false,
	} {
		_, err := landed.Ask(during(t), airport.Actor(engine, "SFO"), 1, everact.IdempotencyKey(keep.String(), keep))
		if fits && err != nil || !fits && !errors.Is(err, everact.ErrInvalidArgument) {
			t.Errorf("%v: %v", keep, err)
		}
	}
}

type basket struct {
	Names []string         `json:"names"`
	By    map[string][]int `json:"by"`
	Box   *pack            `json:"box"`
}

type pack struct {
	Sizes []int `json:"sizes"`
}

func (b *basket) Fill(*everact.Context) error {
	b.Names, b.By["a"] = append(b.Names, "mine"), append(b.By["a"], 5)
	b.By["b"], b.Box.Sizes[0] = nil, 9
	return nil
}

func (b *basket) Spoil(ctx *everact.Context) error {
	return errors.Join(b.Fill(ctx), errors.New("spoilt"))
}

func (b *basket) Shown(*everact.Context) (string, error) {
	return fmt.Sprint(b.Names, b.By, b.Box.Sizes), nil
}

func TestDefaultsThatAllActorsShareAreEachActorsOwn(t *testing.T) {
	names, by, box := append(make([]string, 0, 4), "x"), map[string][]int{"a": {1}}, &pack{[]int{1}}
	baskets := everact.NewKind[basket]("basket", everact.WithNew(func() *basket { return &basket{names, by, box} }))
	everact.Handlers(baskets, (*basket).Fill, (*basket).Spoil, everact.Bind((*basket).Shown, everact.ReadOnly()))
	folder := t.TempDir()
	shown := func(engine *everact.Engine, key string) string {
		return must(everact.Ask[string](during(t), engine.Actor("basket", key), "shown", nil))(t)
	}
	const fresh, filled = "[x] map[a:[1]] [1]", "[x mine] map[a:[1 5] b:[]] [9]"
	engine := opened(t, folder, everact.WithKinds(baskets))
	for _, handler := range []string{"spoil", "fill"} {
		_, err := everact.Ask[everact.None](during(t), engine.Actor("basket", "a"), handler, nil)
		if (err != nil) != (handler == "spoil") {
			t.Error(err)
		}
		if got := shown(engine, "after "+handler); got != fresh {
			t.Errorf("after %s a new actor shows %s", handler, got)
		}
	}
	if got := shown(engine, "a"); got != filled {
		t.Error(got)
	}
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
	engine = opened(t, folder, everact.WithKinds(baskets))
	if got := shown(engine, "a"); got != filled {
		t.Error(got)
	}
	if got := shown(engine, "c"); got != fresh {
		t.Error(got)
	}
	if fmt.Sprint(names[:2], by, box) != "[x ] map[a:[1]] &{[1]}" {
		t.Error(names[:2], by, box)
	}
}
