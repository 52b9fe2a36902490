// This file walks the events of a buffer and checks their bounds: what the core wrote is read like what a stranger wrote.

package frame

import (
	"encoding/binary"
	"fmt"
)

// Next splits off the record that begins b.
func Next(b []byte) (record, rest []byte, err error) {
	if len(b) < HeaderBytes {
		return nil, nil, fmt.Errorf("%d bytes are left, less than a header", len(b))
	}
	size := int(binary.LittleEndian.Uint32(b[BytesAt:]))
	if size < HeaderBytes || size > len(b) || size%8 != 0 {
		return nil, nil, fmt.Errorf("a record claims %d bytes where %d are left", size, len(b))
	}
	record = b[:size:size]
	if fixed := fixedBytes(Type(record)); size < fixed {
		return nil, nil, fmt.Errorf("a record of type %d has %d bytes, less than its %d fixed ones", Type(record), size, fixed)
	}
	return record, b[size:], nil
}

// Type reads the type of a record.
func Type(r []byte) uint16 { return binary.LittleEndian.Uint16(r[TypeAt:]) }

// Flags reads the flags of a record.
func Flags(r []byte) uint16 { return binary.LittleEndian.Uint16(r[FlagsAt:]) }

// ID reads the id of a record.
func ID(r []byte) uint64 { return binary.LittleEndian.Uint64(r[IdAt:]) }

func fixedBytes(kind uint16) int {
	switch kind {
	case TurnType:
		return TurnFixedBytes
	case ReplyType:
		return ReplyFixedBytes
	case CancelTurnType:
		return CancelTurnFixedBytes
	case NoticeType:
		return NoticeFixedBytes
	case FailureType:
		return FailureFixedBytes
	case ReceiveTimedOutType:
		return ReceiveTimedOutFixedBytes
	default:
		return HeaderBytes
	}
}

// Cut splits a variable part of so many bytes off the front of rest.
func Cut(rest []byte, length uint32) (part, after []byte, err error) {
	if uint64(length) > uint64(len(rest)) {
		return nil, nil, fmt.Errorf("a part of a record claims %d bytes where %d are left", length, len(rest))
	}
	return rest[:length:length], rest[length:], nil
}

// Blob is a payload or state that is fetched on its own.
type Blob struct{ ID, Bytes uint64 }

// ReadBlob reads the reference that stands in a payload's place.
func ReadBlob(part []byte) (Blob, error) {
	if len(part) != BlobReferenceBytes {
		return Blob{}, fmt.Errorf("a blob's reference has %d bytes", len(part))
	}
	return Blob{ID: binary.LittleEndian.Uint64(part), Bytes: binary.LittleEndian.Uint64(part[8:])}, nil
}

// Text cuts the text at the end of a FAILURE or NOTICE record, which are laid out alike.
func Text(record []byte) string {
	length := int(FailureTextBytes(record))
	if length > len(record)-FailureFixedBytes {
		return ""
	}
	return string(record[FailureFixedBytes : FailureFixedBytes+length])
}
