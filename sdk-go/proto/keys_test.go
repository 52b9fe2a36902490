package proto_test

// Keys that are numbers, kinds with one actor, and required fields.

import (
	"context"
	"testing"

	"google.golang.org/protobuf/proto"

	reenact "github.com/reenact/reenact-go"
	reenactproto "github.com/reenact/reenact-go/proto"
	"github.com/reenact/reenact-go/proto/internal/keysv1"
)

// numbers is an actor as generated code would have it.
type numbers struct {
	reenactproto.Actor[*keysv1.Number]
}

func (n *numbers) add(_ *reenact.Context, request *keysv1.AddRequest) (*keysv1.Number, error) {
	n.State.Value = proto.Int64(n.State.GetValue() + request.GetAmount())
	if request.GetAmount() < 0 {
		return &keysv1.Number{Value: n.State.Value}, nil
	}
	return &keysv1.Number{Value: n.State.Value, Unit: proto.String("flights")}, nil
}

func (n *numbers) addAll(ctx *reenact.Context, requests []*keysv1.AddRequest) error {
	for _, request := range requests {
		if _, err := n.add(ctx, request); err != nil {
			return err
		}
	}
	return nil
}

func (n *numbers) total(ctx *reenact.Context, _ *keysv1.TotalRequest) (*keysv1.Number, error) {
	return &keysv1.Number{Value: proto.Int64(n.State.GetValue()), Unit: proto.String(ctx.Address().String())}, nil
}

var (
	numbersKind = reenactproto.NewKind[*numbers, *keysv1.Number]("numbers", "keys.v1.Numbers", reenact.Transient())
	add         = reenactproto.Unary(numbersKind, "add", "number", (*numbers).add)
	addAll      = reenactproto.ClientStreamingNoReply(numbersKind, "add_all", "number", (*numbers).addAll)
	total       = reenactproto.Unary(numbersKind, "total", "", (*numbers).total, reenactproto.Idempotent())
	withNumbers = numbersKind.With(func() *numbers { return new(numbers) })
)

func TestAKeyMayBeANumber(t *testing.T) {
	ctx, engine := context.Background(), opened(t, "", withNumbers)
	for _, key := range []string{"42", "-7", "0"} {
		to := numbersKind.Reference(engine, key)
		reply := must(add.Ask(ctx, to, &keysv1.AddRequest{Amount: proto.Int64(3)}))(t)
		if reply.GetValue() != 3 {
			t.Errorf("%s: %v", key, reply)
		}
	}
	for number, want := range map[int64]int64{42: 4, -7: 4, 0: 4, 1: 1} {
		reply := must(add.AskByKey(ctx, engine, &keysv1.AddRequest{Number: &number, Amount: proto.Int64(1)}))(t)
		if reply.GetValue() != want {
			t.Errorf("%d: %v", number, reply)
		}
	}
	for _, key := range []string{"x", "1.5", "007", "+1", "9223372036854775808"} {
		_, err := add.Ask(ctx, numbersKind.Reference(engine, key), &keysv1.AddRequest{Amount: proto.Int64(1)})
		wants(t, err, reenact.ErrInvalidArgument, key, "sint64")
	}
	_, err := add.Ask(ctx, numbersKind.Reference(engine, "42"), &keysv1.AddRequest{Number: proto.Int64(0), Amount: proto.Int64(1)})
	wants(t, err, reenact.ErrInvalidArgument, `"0"`, `"42"`)
}

func TestAListOfRequestsForANumber(t *testing.T) {
	ctx, engine := context.Background(), opened(t, "", withNumbers)
	requests := []*keysv1.AddRequest{{Amount: proto.Int64(1)}, {Number: proto.Int64(5), Amount: proto.Int64(2)}}
	must(addAll.Ask(ctx, numbersKind.Reference(engine, "5"), requests))(t)
	if reply := must(add.Ask(ctx, numbersKind.Reference(engine, "5"), &keysv1.AddRequest{Amount: proto.Int64(0)}))(t); reply.GetValue() != 3 {
		t.Error(reply)
	}
}

func TestRequestsWithoutAKeyAreForTheOnlyActor(t *testing.T) {
	engine := opened(t, "", withNumbers)
	reply := must(total.AskByKey(context.Background(), engine, &keysv1.TotalRequest{}))(t)
	if reply.GetUnit() != "numbers/numbers" {
		t.Error(reply)
	}
}

func TestRequiredFields(t *testing.T) {
	ctx, engine := context.Background(), opened(t, "", withNumbers)
	to := numbersKind.Reference(engine, "1")
	_, err := add.Ask(ctx, to, &keysv1.AddRequest{})
	wants(t, err, reenact.ErrInvalidPayload, "amount")
	_, err = add.Ask(ctx, to, &keysv1.AddRequest{Amount: proto.Int64(-1)})
	wants(t, err, reenact.ErrHandlerFailed, "unit")
}
