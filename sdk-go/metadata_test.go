package everact_test

// What travels beside messages and replies: into handlers, out of them, its bounds.

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	everact "github.com/everact/everact-go"
)

// porter carries what is beside its messages.
type porter struct {
	Carried int `json:"carried"`
}

// carry answers with all metadata that came, names and values reversed in order, and an own one; large replies and effects go along.
func (p *porter) carry(ctx *everact.Context, size int) (string, error) {
	p.Carried++
	for name, values := range ctx.Metadata() {
		for _, value := range reversed(values) {
			ctx.ReplyMetadata().Add("re-"+name, value)
		}
	}
	ctx.ReplyMetadata().Set("Carried", "yes")
	if err := carried.Tell(ctx, porters.Actor(ctx, "other"), everact.None{}); err != nil {
		return "", err
	}
	return strings.Repeat("x", size), nil
}

func (p *porter) spoil(ctx *everact.Context, name string) error {
	p.Carried++
	switch name {
	case "large":
		ctx.ReplyMetadata().Set("a", strings.Repeat("x", 70_000))
	case "fail":
		ctx.ReplyMetadata().Set("a", "b")
		return errSpoiled
	default:
		ctx.ReplyMetadata()[name] = []string{"x"}
	}
	return nil
}

var (
	porters = everact.NewKind[porter]("porter")
	carry   = everact.Handle(porters, "carry", (*porter).carry)
	spoil   = everact.HandleNoReply(porters, "spoil", (*porter).spoil)
	passOn  = everact.HandleNoMessage(porters, "pass", func(_ *porter, ctx *everact.Context) (string, error) {
		var beside everact.Metadata
		_, err := carry.Ask(ctx, porters.Actor(ctx, "far"), 0, everact.WithMetadata(ctx.Metadata()), everact.ReplyMetadata(&beside))
		return beside.Get("re-trace"), err
	})
	carried = everact.HandleNoMessage(porters, "carried", func(p *porter, ctx *everact.Context) (int, error) {
		return p.Carried + len(ctx.Metadata()), nil
	}, everact.ReadOnly())
	errSpoiled = everact.ErrInvalidArgument
)

func TestMetadataGoesBothWays(t *testing.T) {
	engine := opened(t, t.TempDir(), everact.WithKinds(porters))
	sent := everact.Metadata{"trace": {"a", "", "ä"}, "key-bin": {"\x00\xff"}}
	want := map[string][]string{"re-trace": {"ä", "", "a"}, "re-key-bin": {"\x00\xff"}, "carried": {"yes"}}
	for name, ctx := range map[string]context.Context{"on the asking goroutine": context.Background(), "elsewhere": during(t)} {
		for _, size := range []int{0, 10, 100_000} {
			var came everact.Metadata
			reply := must(carry.Ask(ctx, porters.Actor(engine, "a"), size, everact.WithMetadata(sent), everact.ReplyMetadata(&came)))(t)
			if len(reply) != size || !maps.EqualFunc(came, want, slices.Equal) {
				t.Errorf("%s, %d bytes: %d bytes and %q", name, size, len(reply), came)
			}
		}
	}
	var came everact.Metadata
	pending := carry.Start(during(t), porters.Actor(engine, "a"), 10, everact.WithMetadata(sent), everact.ReplyMetadata(&came))
	if must(pending.Wait(during(t)))(t); !maps.EqualFunc(came, want, slices.Equal) {
		t.Errorf("%q", came)
	}
	if trace := must(passOn.Ask(during(t), porters.Actor(engine, "near"), everact.None{}, everact.WithMetadata(sent)))(t); trace != "ä" {
		t.Errorf("a handler got %q", trace)
	}
}

func TestMetadataStaysWithItsCall(t *testing.T) {
	engine := opened(t, t.TempDir(), everact.WithKinds(porters))
	sent := everact.Metadata{"trace": {"a"}}
	came := everact.Metadata{"old": {"x"}}
	for range 3 {
		must(carry.Ask(context.Background(), porters.Actor(engine, "a"), 1, everact.WithMetadata(sent)))(t)
		must(carried.Ask(context.Background(), porters.Actor(engine, "a"), everact.None{}, everact.ReplyMetadata(&came)))(t)
		if came != nil {
			t.Errorf("a reply without metadata came with %q", came)
		}
	}
	if n := must(carried.Ask(during(t), porters.Actor(engine, "a"), everact.None{}, everact.WithMetadata(everact.Metadata{"none": {}})))(t); n != 3 {
		t.Errorf("%d turns or names, not 3", n)
	}
}

func TestMetadataThatCannotBeSent(t *testing.T) {
	ctx, engine := context.Background(), opened(t, "", everact.WithKinds(porters))
	to := porters.Actor(engine, "a")
	for name, value := range map[string]string{"": "x", "Trace": "x", "a b": "x", "ä": "x", "trace": "\xff"} {
		_, err := carry.Ask(ctx, to, 1, everact.WithMetadata(everact.Metadata{name: {value}}))
		wants(t, err, everact.ErrInvalidArgument, name)
		_, err = carry.Start(ctx, to, 1, everact.WithMetadata(everact.Metadata{name: {value}})).Wait(ctx)
		wants(t, err, everact.ErrInvalidArgument, name)
	}
	_, err := carry.Ask(ctx, to, 1, everact.WithMetadata(everact.Metadata{"a": {strings.Repeat("x", 70_000)}}))
	wants(t, err, everact.ErrTooLarge, "65536")
	largest := everact.Metadata{"a": {strings.Repeat("x", 65_000)}}
	var came everact.Metadata
	must(carry.Ask(ctx, to, 1, everact.WithMetadata(largest), everact.ReplyMetadata(&came)))(t)
	if len(came.Get("re-a")) != 65_000 {
		t.Errorf("%d bytes came back", len(came.Get("re-a")))
	}
	for _, name := range []string{"large", "A", "fail"} {
		came = everact.Metadata{}
		_, err = spoil.Ask(ctx, to, name, everact.ReplyMetadata(&came))
		wants(t, err, everact.ErrHandlerFailed)
		if came != nil {
			t.Errorf("%s: a failure came with %q", name, came)
		}
	}
	if n := must(carried.Ask(ctx, to, everact.None{}))(t); n != 1 {
		t.Errorf("discarded turns left their state: %d", n)
	}
}

func reversed(values []string) []string {
	turned := slices.Clone(values)
	slices.Reverse(turned)
	return turned
}
