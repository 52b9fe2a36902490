package main

import (
	"encoding/json"
	"regexp"
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

// detailed is a reason's detail as text.
func detailed(detail any) string {
	text, is := detail.(string)
	if !is {
		written, _ := json.Marshal(detail)
		return string(written)
	}
	if strings.Contains(text, "did not start: ") {
		return strings.TrimPrefix(notStarted(text), "shutdown:")
	}
	return text
}

// failedChild is a step of the path to a child that did not start.
var failedChild = regexp.MustCompile(`child "([^"]*)" did not start: `)

// notStarted is the reason of a supervisor that did not start, from the path to the child that did not and why: each supervisor on it did not start either.
func notStarted(text string) string {
	shown := ""
	for _, step := range failedChild.FindAllStringSubmatch(text, -1) {
		shown += "shutdown:failed_to_start_child " + step[1] + " "
	}
	why := text[strings.LastIndex(text, "did not start: ")+len("did not start: "):]
	why, ended := strings.CutPrefix(why, "it ended with ")
	switch {
	case strings.HasPrefix(why, `"`):
		return shown + "custom:" + strings.Trim(why, `"`)
	case ended:
		return shown + why
	default:
		return shown + "error:" + strings.TrimPrefix(why, "HandlerFailed: ")
	}
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
