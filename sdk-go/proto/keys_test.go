package proto_test

// Keys that are numbers, kinds with one actor, and required fields.

import (
	"context"
	"testing"

	"google.golang.org/protobuf/proto"

	everact "github.com/everact/everact-go"
	everactproto "github.com/everact/everact-go/proto"
	"github.com/everact/everact-go/proto/internal/keysv1"
)

// numbers is the actor.
type numbers struct {
	keysv1.NumbersBase
}

func (n *numbers) Add(_ *everact.Context, request *keysv1.AddRequest) (*keysv1.Number, error) {
	n.State.Value = proto.Int64(n.State.GetValue() + request.GetAmount())
	if request.GetAmount() < 0 {
		return &keysv1.Number{Value: n.State.Value}, nil
	}
	return &keysv1.Number{Value: n.State.Value, Unit: proto.String("flights")}, nil
}

func (n *numbers) AddAll(ctx *everact.Context, requests []*keysv1.AddRequest) error {
	for _, request := range requests {
		if _, err := n.Add(ctx, request); err != nil {
			return err
		}
	}
	return nil
}

func (n *numbers) Total(ctx *everact.Context, _ *keysv1.TotalRequest) (*keysv1.Number, error) {
	return &keysv1.Number{Value: proto.Int64(n.State.GetValue()), Unit: proto.String(ctx.Address().String())}, nil
}

var withNumbers = keysv1.NumbersKind(func() keysv1.NumbersActor { return new(numbers) })

func TestAKeyMayBeANumber(t *testing.T) {
	ctx, engine := context.Background(), opened(t, "", withNumbers)
	for _, key := range []int64{42, -7, 0} {
		reply := must(keysv1.NewNumbersReference(engine, key).Add(ctx, &keysv1.AddRequest{Amount: proto.Int64(3)}))(t)
		if reply.GetValue() != 3 {
			t.Errorf("%d: %v", key, reply)
		}
	}
	for number, want := range map[int64]int64{42: 4, -7: 4, 0: 4, 1: 1} {
		reply := must(keysv1.NewNumbersActors(engine).Add(ctx, &keysv1.AddRequest{Number: &number, Amount: proto.Int64(1)}))(t)
		if reply.GetValue() != want {
			t.Errorf("%d: %v", number, reply)
		}
	}
	if reply := must(keysv1.NewNumbersReference(engine, -7).Total(ctx, &keysv1.TotalRequest{}))(t); reply.GetUnit() != "numbers/-7" {
		t.Error(reply)
	}
	_, err := keysv1.NewNumbersReference(engine, 42).Add(ctx, &keysv1.AddRequest{Number: proto.Int64(0), Amount: proto.Int64(1)})
	wants(t, err, everact.ErrInvalidArgument, `"0"`, `"42"`)
}

func TestAListOfRequestsForANumber(t *testing.T) {
	ctx, five := context.Background(), keysv1.NewNumbersReference(opened(t, "", withNumbers), 5)
	requests := []*keysv1.AddRequest{{Amount: proto.Int64(1)}, {Number: proto.Int64(5), Amount: proto.Int64(2)}}
	if err := five.AddAll(ctx, requests); err != nil {
		t.Fatal(err)
	}
	if reply := must(five.Add(ctx, &keysv1.AddRequest{Amount: proto.Int64(0)}))(t); reply.GetValue() != 3 {
		t.Error(reply)
	}
}

// Generated code has such methods for kinds with one actor (Spawn's), and passes integer keys as text.
func TestMethodsAndKeysAsGeneratedCodePassesThem(t *testing.T) {
	kind := everactproto.NewKind[*numbers, *keysv1.Number]("only", "keys.v1.Numbers", everact.Transient())
	add := everactproto.Unary(kind, "add", "number", (*numbers).Add)
	total := everactproto.Unary(kind, "total", "", (*numbers).Total, everactproto.Idempotent())
	engine := opened(t, "", kind.With(func() *numbers { return new(numbers) }))
	if reply := must(total.AskByKey(during(t), engine, &keysv1.TotalRequest{}))(t); reply.GetUnit() != "only/only" {
		t.Error(reply)
	}
	if reply := must(total.Ask(during(t), kind.Reference(engine, "other"), &keysv1.TotalRequest{}))(t); reply.GetUnit() != "only/other" {
		t.Error(reply)
	}
	for _, key := range []string{"x", "1.5", "007", "+1", "9223372036854775808"} {
		_, err := add.Ask(during(t), kind.Reference(engine, key), &keysv1.AddRequest{Amount: proto.Int64(1)})
		wants(t, err, everact.ErrInvalidArgument, key, "sint64")
	}
}

func TestRequiredFields(t *testing.T) {
	ctx, one := context.Background(), keysv1.NewNumbersReference(opened(t, "", withNumbers), 1)
	_, err := one.Add(ctx, &keysv1.AddRequest{})
	wants(t, err, everact.ErrInvalidPayload, "amount")
	_, err = one.Add(ctx, &keysv1.AddRequest{Amount: proto.Int64(-1)})
	wants(t, err, everact.ErrHandlerFailed, "unit")
}
