package main

import (
	"encoding/json"
	"strings"

	everact "github.com/everact/everact-go"
)

// thrown is an error's text; that of the SDK itself is about what cannot be and was given to it.
func thrown(text string) string {
	for _, ours := range []string{"InvalidArgument: ", "InvalidState: ", "the reply cannot be encoded: "} {
		if strings.HasPrefix(text, ours) {
			return "nonsense"
		}
	}
	return text
}

// shown is a reason in the normal form of the README.
func shown(reason everact.ExitReason) string {
	switch reason.Kind {
	case everact.ReasonNoProcess:
		return "noproc"
	case everact.ReasonFailed:
		return "error:" + thrown(reason.Text)
	case everact.ReasonShutdown, everact.ReasonCustom:
		var detail any
		if !reason.Detail(&detail) {
			return string(reason.Kind)
		}
		return string(reason.Kind) + ":" + detailed(detail)
	default:
		return string(reason.Kind)
	}
}

// detailed is a reason's detail as text: a text, or which child did not start.
func detailed(detail any) string {
	switch detail := detail.(type) {
	case string:
		return detail
	case map[string]any:
		var told struct {
			NotStarted []string `json:"not_started"`
			Reason     struct {
				Is, Text string
				Detail   any
			}
		}
		written, _ := json.Marshal(detail)
		if json.Unmarshal(written, &told) == nil && told.NotStarted != nil {
			reason := everact.ExitReason{Kind: everact.ReasonKind(told.Reason.Is), Text: told.Reason.Text}
			switch reason.Kind {
			case everact.ReasonCustom:
				reason = everact.Custom(told.Reason.Detail)
			case everact.ReasonShutdown:
				if told.Reason.Detail != nil {
					reason = everact.ShutdownWith(told.Reason.Detail)
				}
			}
			return strings.TrimPrefix(notStarted(told.NotStarted, reason), "shutdown:")
		}
		return string(written)
	default:
		written, _ := json.Marshal(detail)
		return string(written)
	}
}

// notStarted is the reason of a supervisor that did not start, from the path to the child that did not and why: each supervisor on it did not start either.
func notStarted(path []string, reason everact.ExitReason) string {
	text := ""
	for _, child := range path {
		text += "shutdown:failed_to_start_child " + child + " "
	}
	return text + shown(reason)
}

// reason is the other way.
func reason(text string) everact.ExitReason {
	sort, detail, has := strings.Cut(text, ":")
	switch {
	case sort == "too long":
		return everact.Custom(strings.Repeat("x", 70_000))
	case sort == "unencodable":
		return everact.Custom(make(chan int))
	case sort == "custom":
		return everact.Custom(detail)
	case sort == "shutdown" && has:
		return everact.ShutdownWith(detail)
	case sort == "shutdown":
		return everact.Shutdown
	case sort == "kill":
		return everact.Kill
	case sort == "killed":
		return everact.Killed
	case sort == "noproc":
		return everact.NoProcess
	default:
		return everact.Normal
	}
}

// seen is a message of a mailbox as a list.
func (m *memory) seen(received any) any {
	switch received := received.(type) {
	case message:
		return []any{"message", received.Tag}
	case everact.HandlerGone:
		why := shown(received.Reason)
		if received.ReplacedBy != "" {
			why = "swapped:" + received.ReplacedBy
		}
		return []any{"handler_gone", received.Handler, why}
	case everact.Exit:
		return []any{"exit", m.world.nameOfTied(received.From, received.Actor), shown(received.Reason)}
	case everact.Down:
		return []any{"down", m.monitors[received.Monitor], shown(received.Reason)}
	case everact.Joined:
		return []any{"joined", received.Group, []string{m.world.nameOf(received.Process)}}
	case everact.Left:
		return []any{"left", received.Group, []string{m.world.nameOf(received.Process)}}
	default:
		return []any{"unknown", received}
	}
}

// fits tells whether a pattern is the beginning of a message. Commands are not looked at.
func (m *memory) fits(pattern []string, received any) bool {
	switch received.(type) {
	case do, ping:
		return false
	}
	if len(pattern) == 0 {
		return true
	}
	list, _ := m.seen(received).([]any)
	for i, part := range pattern {
		if i >= len(list) || list[i] != part {
			return false
		}
	}
	return true
}
