package proto

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func TestAMessageThatHoldsItselfIsRefused(t *testing.T) {
	ring := &structpb.Struct{Fields: map[string]*structpb.Value{}}
	ring.Fields["again"] = structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{structpb.NewStructValue(ring)}})
	if _, err := appendMessage(nil, ring); err == nil || !strings.Contains(err.Error(), "holds itself") {
		t.Error(err)
	}
	flat, err := structpb.NewStruct(map[string]any{"a": []any{1.0, map[string]any{"b": "c"}}})
	if err != nil || bounded(flat) != nil || bounded(timestamppb.Now()) != nil {
		t.Error(err)
	}
}
