// This file writes commands. A record is begun, its variable parts are appended by whoever has them, and it is ended; so a payload is
// encoded straight into the buffer that crosses into the core.

package frame

import "encoding/binary"

var zeros [TurnFixedBytes]byte

// Padded is n rounded up to a multiple of 8.
func Padded(n int) int { return (n + 7) &^ 7 }

// Pad appends zeros up to a multiple of 8.
func Pad(b []byte) []byte { return append(b, zeros[:Padded(len(b))-len(b)]...) }

// Ask is the fixed part of an ASK record.
type Ask struct {
	ID, Parent, Sequence  uint64
	DeadlineMs, MarkTTLMs uint32
	Kind, Handler, Flags  uint16
}

// BeginAsk appends the fixed part's room and the key; the payload is appended next.
func BeginAsk(b []byte, key string) []byte {
	b = append(b, zeros[:AskFixedBytes]...)
	return append(b, key...)
}

// EndAsk appends the source and the block of metadata, and fills in the fixed part of the record that begins b.
func EndAsk(b []byte, ask *Ask, keyBytes int, source string, metadata []byte) []byte {
	payloadBytes := len(b) - AskFixedBytes - keyBytes
	b = Pad(append(append(b, source...), metadata...))
	header(b, AskType, ask.Flags, ask.ID)
	little := binary.LittleEndian
	little.PutUint16(b[AskKindAt:], ask.Kind)
	little.PutUint16(b[AskHandlerAt:], ask.Handler)
	little.PutUint32(b[AskDeadlineMsAt:], ask.DeadlineMs)
	little.PutUint64(b[AskParentAt:], ask.Parent)
	little.PutUint64(b[AskSequenceAt:], ask.Sequence)
	little.PutUint32(b[AskMarkTtlMsAt:], ask.MarkTTLMs)
	little.PutUint32(b[AskKeyBytesAt:], uint32(keyBytes))
	little.PutUint32(b[AskPayloadBytesAt:], uint32(payloadBytes))
	little.PutUint32(b[AskSourceBytesAt:], uint32(len(source)))
	return b
}

// AskPayload is the message within an ASK record of ours, nil where r is none.
func AskPayload(r []byte) []byte {
	if len(r) < AskFixedBytes || Type(r) != AskType {
		return nil
	}
	from := AskFixedBytes + int(AskKeyBytes(r))
	to := from + int(AskPayloadBytes(r))
	return r[from:to:to]
}

// BeginComplete appends the fixed part's room; the reply is appended next.
func BeginComplete(b []byte) []byte { return append(b, zeros[:CompleteFixedBytes]...) }

// Complete is the fixed part of a COMPLETE record.
type Complete struct {
	Turn        uint64
	ReplyBytes  int
	StateBytes  int
	EffectCount int
	Code, Flags uint16
	// Exit says why the process ends, Detail is the reason's.
	Exit   uint16
	Detail string
}

// EndComplete appends the reason's detail and the block of metadata, pads, appends the effects (whole TELL records) and fills in the fixed part of the record that begins b.
func EndComplete(b []byte, complete *Complete, metadata, effects []byte) []byte {
	b = append(Pad(append(append(b, complete.Detail...), metadata...)), effects...)
	header(b, CompleteType, complete.Flags, complete.Turn)
	little := binary.LittleEndian
	little.PutUint16(b[CompleteCodeAt:], complete.Code)
	little.PutUint16(b[CompleteEffectCountAt:], uint16(complete.EffectCount))
	little.PutUint32(b[CompleteReplyBytesAt:], uint32(complete.ReplyBytes))
	little.PutUint32(b[CompleteStateBytesAt:], uint32(complete.StateBytes))
	little.PutUint16(b[CompleteExitAt:], complete.Exit)
	little.PutUint16(b[CompleteExitBytesAt:], uint16(len(complete.Detail)))
	return b
}

// BeginTell appends the fixed part's room and the key; the payload is appended next.
func BeginTell(b []byte, key string) []byte {
	b = append(b, zeros[:TellFixedBytes]...)
	return append(b, key...)
}

// EndTell appends the block of metadata and fills in the fixed part of the record that begins at start.
func EndTell(b []byte, start int, kind, handler, flags uint16, keyBytes int, metadata []byte) []byte {
	payloadBytes := len(b) - start - TellFixedBytes - keyBytes
	if metadata != nil {
		flags |= TellFlagMetadata
	}
	b = append(b, metadata...)
	b = append(b, zeros[:Padded(len(b)-start)-(len(b)-start)]...)
	record := b[start:]
	header(record, TellType, flags, 0)
	little := binary.LittleEndian
	little.PutUint16(record[TellKindAt:], kind)
	little.PutUint16(record[TellHandlerAt:], handler)
	little.PutUint32(record[TellKeyBytesAt:], uint32(keyBytes))
	little.PutUint32(record[TellPayloadBytesAt:], uint32(payloadBytes))
	return b
}

// AppendCancel appends a CANCEL record.
func AppendCancel(b []byte, ask uint64) []byte {
	start := len(b)
	b = append(b, zeros[:CancelFixedBytes]...)
	header(b[start:], CancelType, 0, ask)
	return b
}

// header fills in the header of a record that ends with record.
func header(record []byte, kind, flags uint16, id uint64) {
	little := binary.LittleEndian
	little.PutUint32(record[BytesAt:], uint32(len(record)))
	little.PutUint16(record[TypeAt:], kind)
	little.PutUint16(record[FlagsAt:], flags)
	little.PutUint64(record[IdAt:], id)
}
