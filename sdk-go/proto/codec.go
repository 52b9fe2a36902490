package proto

// This file turns requests and replies into payloads and back. A list is its items back to back, each after its length (32 bits, little-endian).

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	everact "github.com/everact/everact-go"
	"github.com/everact/everact-go/internal/payload"
)

const lengthBytes = 4

// addressed is a request on its way, or a list of them, with the key that completes it.
type addressed[M any] struct {
	message M
	key     string
}

// requests are encoded without a look at required fields: the key may be one. The handler's side looks.
var requests = proto.MarshalOptions{AllowPartial: true}

func requestCodec[M proto.Message](key *keyField) payload.Codec[addressed[M]] {
	return payload.CodecOf(func(b []byte, value addressed[M]) ([]byte, error) {
		return appendRequest(b, value.message, key, value.key)
	}, func(payload []byte) (addressed[M], error) {
		message, err := parse[M](payload)
		return addressed[M]{message: message}, err
	})
}

func appendRequest(b []byte, message proto.Message, field *keyField, key string) ([]byte, error) {
	if err := bounded(message); err != nil {
		return b, err
	}
	b, err := requests.MarshalAppend(b, message)
	if err != nil {
		return b, err
	}
	return field.complete(b, message, key)
}

func requestsCodec[M proto.Message](key *keyField) payload.Codec[addressed[[]M]] {
	return payload.CodecOf(func(b []byte, value addressed[[]M]) ([]byte, error) {
		return appendList(b, value.message, func(b []byte, message M) ([]byte, error) {
			return appendRequest(b, message, key, value.key)
		})
	}, func(payload []byte) (addressed[[]M], error) {
		messages, err := parseList[M](payload)
		if err == nil && len(messages) == 0 {
			err = errors.New("the list of requests is empty")
		}
		return addressed[[]M]{message: messages}, err
	})
}

func replyCodec[R proto.Message]() payload.Codec[R] {
	return payload.CodecOf(appendMessage[R], parse[R])
}

func repliesCodec[R proto.Message]() payload.Codec[[]R] {
	return payload.CodecOf(func(b []byte, values []R) ([]byte, error) { return appendList(b, values, appendMessage[R]) }, parseList[R])
}

// noReply is the codec of google.protobuf.Empty, which is no value here.
var noReply = payload.CodecOf(func(b []byte, _ everact.None) ([]byte, error) { return b, nil },
	func(payload []byte) (everact.None, error) {
		if len(payload) == 0 {
			return everact.None{}, nil
		}
		_, err := parse[*emptypb.Empty](payload)
		return everact.None{}, err
	})

func appendMessage[M proto.Message](b []byte, message M) ([]byte, error) {
	if err := bounded(message); err != nil {
		return b, err
	}
	return proto.MarshalOptions{}.MarshalAppend(b, message)
}

func parse[M proto.Message](payload []byte) (none M, _ error) {
	message := newMessage[M]()
	if err := proto.Unmarshal(payload, message); err != nil {
		return none, fmt.Errorf("no %s: %w", message.ProtoReflect().Descriptor().FullName(), err)
	}
	return message, nil
}

func appendList[M any](b []byte, items []M, appendItem func([]byte, M) ([]byte, error)) ([]byte, error) {
	for _, item := range items {
		start := len(b)
		var err error
		if b, err = appendItem(append(b, make([]byte, lengthBytes)...), item); err != nil {
			return b, err
		}
		length := len(b) - start - lengthBytes
		if length > math.MaxUint32 {
			return b, errors.New("an item of the list is larger than 4 GiB")
		}
		binary.LittleEndian.PutUint32(b[start:], uint32(length))
	}
	return b, nil
}

func parseList[M proto.Message](payload []byte) ([]M, error) {
	var items []M
	for len(payload) > 0 {
		if len(payload) < lengthBytes {
			return nil, fmt.Errorf("the list ends within a length, after %d items", len(items))
		}
		length, rest := binary.LittleEndian.Uint32(payload), payload[lengthBytes:]
		if uint64(length) > uint64(len(rest)) {
			return nil, fmt.Errorf("item %d of the list claims %d bytes where %d are left", len(items), length, len(rest))
		}
		item, err := parse[M](rest[:length])
		if err != nil {
			return nil, fmt.Errorf("item %d of the list: %w", len(items), err)
		}
		items, payload = append(items, item), rest[length:]
	}
	return items, nil
}
