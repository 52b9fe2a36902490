package main

import (
	"encoding/json"
	"fmt"
	"strings"

	everact "github.com/everact/everact-go"
)

// shown is a reason in the normal form of the README.
func shown(reason everact.ExitReason) string {
	switch reason.Kind {
	case everact.ReasonNoProcess:
		return "noproc"
	case everact.ReasonFailed:
		return "error:" + reason.Text
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

// detailed is a reason's detail as text.
func detailed(detail any) string {
	switch detail := detail.(type) {
	case string:
		return detail
	case map[string]any:
		if path, is := detail["failed_to_start"].([]any); is {
			return notStarted(path, detail["reason"])
		}
	}
	text, _ := json.Marshal(detail)
	return string(text)
}

// notStarted is the path to a child that did not start, and why it did not: each supervisor on it did not start either.
func notStarted(path []any, reason any) string {
	text := ""
	for i, id := range path {
		if i > 0 {
			text += "shutdown:"
		}
		text += fmt.Sprintf("failed_to_start_child %v ", id)
	}
	return text + inner(reason)
}

// inner is a reason within a detail, as the core writes it.
func inner(reason any) string {
	written, ok := reason.(map[string]any)
	if !ok {
		return "?"
	}
	kind, _ := written["is"].(string)
	switch detail, has := written["detail"]; {
	case kind == "no_process":
		return "noproc"
	case kind == "failed":
		text, _ := written["text"].(string)
		return "error:" + text
	case has:
		return kind + ":" + detailed(detail)
	default:
		return kind
	}
}

// reason is the other way.
func reason(text string) everact.ExitReason {
	sort, detail, has := strings.Cut(text, ":")
	switch {
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
	case everact.Exit:
		return []any{"exit", m.world.nameOf(received.From), shown(received.Reason)}
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
