package everact

// This file hands the core's own diagnostics (Options.LogLevel) to the logger: an event's name is the message, its fields are attributes.

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
)

// levelTrace is for the core's trace lines, below slog's own levels.
const levelTrace = slog.LevelDebug - 4

// levelOf is the level of a line of diagnostics: the core counts from 1 for errors to 5 for traces.
func levelOf(number uint16) slog.Level {
	switch number {
	case 1:
		return slog.LevelError
	case 2:
		return slog.LevelWarn
	case 3:
		return slog.LevelInfo
	case 4:
		return slog.LevelDebug
	default:
		return levelTrace
	}
}

// diagnose logs a line of the core.
func (e *Engine) diagnose(level slog.Level, line string) {
	aside(func() {
		if ctx := context.Background(); e.log.Enabled(ctx, level) {
			event, fields := partsOf(line)
			e.log.LogAttrs(ctx, level, event, fields...)
		}
	})
}

// partsOf reads the JSON of a line: the event's name and the fields in the core's order.
func partsOf(line string) (event string, fields []slog.Attr) {
	var parts struct {
		Event  string
		Fields json.RawMessage
	}
	if err := json.Unmarshal([]byte(line), &parts); err != nil {
		return line, nil
	}
	members := json.NewDecoder(bytes.NewReader(parts.Fields))
	members.UseNumber()
	_, _ = members.Token() // the opening brace; RawMessage is JSON for sure
	for members.More() {
		name, _ := members.Token()
		value, err := members.Token()
		if err != nil {
			break
		}
		fields = append(fields, slog.Attr{Key: name.(string), Value: valueOf(value)})
	}
	return parts.Event, fields
}

// valueOf is a field's value: a text, a number or a boolean.
func valueOf(token json.Token) slog.Value {
	number, isNumber := token.(json.Number)
	if !isNumber {
		return slog.AnyValue(token)
	}
	if whole, err := number.Int64(); err == nil {
		return slog.Int64Value(whole)
	}
	if whole, err := strconv.ParseUint(number.String(), 10, 64); err == nil {
		return slog.Uint64Value(whole)
	}
	return slog.StringValue(number.String())
}
