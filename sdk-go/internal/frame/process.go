// This file writes the commands about processes: spawned, tied, received, answered, named, supervised, managed, and timers and groups' messages.

package frame

import "encoding/binary"

// ProcessKey is a process in place of an actor's key: its number in eight bytes.
func ProcessKey(number uint64) string {
	var key [8]byte
	binary.LittleEndian.PutUint64(key[:], number)
	return string(key[:])
}

// ProcessNumber reads the number of a process that stands in place of a key; 0 where it has not eight bytes.
func ProcessNumber[B string | []byte](key B) uint64 {
	if len(key) != 8 {
		return 0
	}
	var number uint64
	for i := range 8 {
		number |= uint64(key[i]) << (8 * i)
	}
	return number
}

// Numbers reads the numbers of a reply.
func Numbers(payload []byte) []uint64 {
	numbers := make([]uint64, 0, len(payload)/8)
	for ; len(payload) >= 8; payload = payload[8:] {
		numbers = append(numbers, binary.LittleEndian.Uint64(payload))
	}
	return numbers
}

// begin appends the fixed part's room and says where the record begins.
func begin(b []byte, fixedBytes int) (grown []byte, start int) {
	return append(b, zeros[:fixedBytes]...), len(b)
}

// end pads the record that begins at start and fills in its header.
func end(b []byte, start int, kind, flags uint16, id uint64) []byte {
	b = append(b, zeros[:Padded(len(b)-start)-(len(b)-start)]...)
	header(b[start:], kind, flags, id)
	return b
}

// Spawn is a SPAWN record.
type Spawn struct {
	ID, Parent, Monitor uint64
	Kind, Flags         uint16
	Argument            []byte
	Name                string
}

// AppendSpawn appends a SPAWN record.
func AppendSpawn(b []byte, s *Spawn) []byte {
	b, start := begin(b, SpawnFixedBytes)
	b = append(append(b, s.Argument...), s.Name...)
	r, little := b[start:], binary.LittleEndian
	little.PutUint16(r[SpawnKindAt:], s.Kind)
	little.PutUint64(r[SpawnParentAt:], s.Parent)
	little.PutUint64(r[SpawnMonitorIdAt:], s.Monitor)
	little.PutUint32(r[SpawnArgumentBytesAt:], uint32(len(s.Argument)))
	little.PutUint32(r[SpawnNameBytesAt:], uint32(len(s.Name)))
	return end(b, start, SpawnType, s.Flags, s.ID)
}

// Tie is a TIE record; the other side is a process, or kind and key.
type Tie struct {
	ID, Turn, Process, Monitor uint64
	What, Kind, Flags, Reason  uint16
	Key, Detail                string
}

// AppendTie appends a TIE record.
func AppendTie(b []byte, t *Tie) []byte {
	b, start := begin(b, TieFixedBytes)
	b = append(append(b, t.Key...), t.Detail...)
	r, little := b[start:], binary.LittleEndian
	little.PutUint16(r[TieWhatAt:], t.What)
	little.PutUint16(r[TieKindAt:], t.Kind)
	little.PutUint32(r[TieKeyBytesAt:], uint32(len(t.Key)))
	little.PutUint64(r[TieTurnAt:], t.Turn)
	little.PutUint64(r[TieProcessAt:], t.Process)
	little.PutUint64(r[TieMonitorIdAt:], t.Monitor)
	little.PutUint16(r[TieReasonAt:], t.Reason)
	little.PutUint32(r[TieReasonBytesAt:], uint32(len(t.Detail)))
	return end(b, start, TieType, t.Flags, t.ID)
}

// AppendReceive appends a RECEIVE record.
func AppendReceive(b []byte, turn uint64, timeoutMs, held uint32) []byte {
	b, start := begin(b, ReceiveFixedBytes)
	binary.LittleEndian.PutUint32(b[start+ReceiveTimeoutMsAt:], timeoutMs)
	binary.LittleEndian.PutUint32(b[start+ReceiveHeldAt:], held)
	return end(b, start, ReceiveType, 0, turn)
}

// AppendRespond appends a RESPOND record: the reply, or the failure's text.
func AppendRespond(b []byte, ask, turn uint64, code uint16, reply, metadata []byte) []byte {
	b, start := begin(b, RespondFixedBytes)
	b = append(append(b, reply...), metadata...)
	var flags uint16
	if metadata != nil {
		flags = RespondFlagMetadata
	}
	binary.LittleEndian.PutUint64(b[start+RespondTurnAt:], turn)
	binary.LittleEndian.PutUint16(b[start+RespondCodeAt:], code)
	binary.LittleEndian.PutUint32(b[start+RespondReplyBytesAt:], uint32(len(reply)))
	return end(b, start, RespondType, flags, ask)
}

// AppendName appends a NAME record.
func AppendName(b []byte, id uint64, what uint16, name string, process uint64) []byte {
	b, start := begin(b, NameFixedBytes)
	b = append(b, name...)
	binary.LittleEndian.PutUint16(b[start+NameWhatAt:], what)
	binary.LittleEndian.PutUint32(b[start+NameNameBytesAt:], uint32(len(name)))
	binary.LittleEndian.PutUint64(b[start+NameProcessAt:], process)
	return end(b, start, NameType, 0, id)
}

// AppendSupervise appends a SUPERVISE record.
func AppendSupervise(b []byte, id uint64, what uint16, turn, process uint64, json []byte) []byte {
	b, start := begin(b, SuperviseFixedBytes)
	b = append(b, json...)
	binary.LittleEndian.PutUint16(b[start+SuperviseWhatAt:], what)
	binary.LittleEndian.PutUint32(b[start+SuperviseJsonBytesAt:], uint32(len(json)))
	binary.LittleEndian.PutUint64(b[start+SuperviseTurnAt:], turn)
	binary.LittleEndian.PutUint64(b[start+SuperviseProcessAt:], process)
	return end(b, start, SuperviseType, 0, id)
}

// Timer is a TIMER record; the receiver is a process, or kind and key.
type Timer struct {
	ID, Turn, Process, Timer   uint64
	AfterMs                    uint32
	What, Kind, Handler, Flags uint16
	Key                        string
	Payload                    []byte
}

// AppendTimer appends a TIMER record.
func AppendTimer(b []byte, t *Timer) []byte {
	b, start := begin(b, TimerFixedBytes)
	b = append(append(b, t.Key...), t.Payload...)
	r, little := b[start:], binary.LittleEndian
	little.PutUint16(r[TimerWhatAt:], t.What)
	little.PutUint16(r[TimerKindAt:], t.Kind)
	little.PutUint16(r[TimerHandlerAt:], t.Handler)
	little.PutUint32(r[TimerKeyBytesAt:], uint32(len(t.Key)))
	little.PutUint32(r[TimerPayloadBytesAt:], uint32(len(t.Payload)))
	little.PutUint64(r[TimerTurnAt:], t.Turn)
	little.PutUint64(r[TimerProcessAt:], t.Process)
	little.PutUint64(r[TimerTimerAt:], t.Timer)
	little.PutUint32(r[TimerAfterMsAt:], t.AfterMs)
	return end(b, start, TimerType, t.Flags, t.ID)
}

// AppendPublish appends a PUBLISH record.
func AppendPublish(b []byte, id, turn uint64, group, handler string, payload []byte) []byte {
	b, start := begin(b, PublishFixedBytes)
	b = append(append(append(b, group...), handler...), payload...)
	little := binary.LittleEndian
	little.PutUint64(b[start+PublishTurnAt:], turn)
	little.PutUint32(b[start+PublishGroupBytesAt:], uint32(len(group)))
	little.PutUint32(b[start+PublishHandlerBytesAt:], uint32(len(handler)))
	little.PutUint32(b[start+PublishPayloadBytesAt:], uint32(len(payload)))
	return end(b, start, PublishType, 0, id)
}

// Manage is a MANAGE record.
type Manage struct {
	ID, Turn, Process uint64
	What, Flags       uint16
	DeadlineMs        uint32
	JSON              []byte
}

// AppendManage appends a MANAGE record.
func AppendManage(b []byte, m *Manage) []byte {
	b, start := begin(b, ManageFixedBytes)
	b = append(b, m.JSON...)
	r, little := b[start:], binary.LittleEndian
	little.PutUint16(r[ManageWhatAt:], m.What)
	little.PutUint32(r[ManageJsonBytesAt:], uint32(len(m.JSON)))
	little.PutUint64(r[ManageTurnAt:], m.Turn)
	little.PutUint64(r[ManageProcessAt:], m.Process)
	little.PutUint32(r[ManageDeadlineMsAt:], m.DeadlineMs)
	return end(b, start, ManageType, m.Flags, m.ID)
}

// AppendOutcome appends an OUTCOME record, which is one of the effects of a completion.
func AppendOutcome(b, json []byte) []byte {
	b, start := begin(b, OutcomeFixedBytes)
	b = append(b, json...)
	binary.LittleEndian.PutUint32(b[start+OutcomeJsonBytesAt:], uint32(len(json)))
	return end(b, start, OutcomeType, 0, 0)
}

// AppendTold appends the ASK record that says at once what a TELL record of a completion would say at the turn's end.
func AppendTold(b, tell []byte, id, parent uint64) []byte {
	b, start := begin(b, AskFixedBytes)
	key, payload := TellKeyBytes(tell), TellPayloadBytes(tell)
	b = append(b, tell[TellFixedBytes:]...)
	flags := uint16(AskFlagTell | AskFlagSilent)
	if Flags(tell)&TellFlagMetadata != 0 {
		flags |= AskFlagMetadata
	}
	if Flags(tell)&TellFlagProcess != 0 {
		flags |= AskFlagProcess
	}
	r, little := b[start:], binary.LittleEndian
	little.PutUint16(r[AskKindAt:], TellKind(tell))
	little.PutUint16(r[AskHandlerAt:], TellHandler(tell))
	little.PutUint64(r[AskParentAt:], parent)
	little.PutUint32(r[AskKeyBytesAt:], key)
	little.PutUint32(r[AskPayloadBytesAt:], payload)
	return end(b, start, AskType, flags, id)
}
