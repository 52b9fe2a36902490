package everact

// This file holds programs of the operating system as children of supervisors.

// StopSignal asks a program to end.
type StopSignal string

// The signals; StopTerminate unless said otherwise.
const (
	StopTerminate StopSignal = "terminate"
	StopInterrupt StopSignal = "interrupt"
	StopHangup    StopSignal = "hangup"
	StopQuit      StopSignal = "quit"
)

// Program is a child that is a program of the operating system. It is a process to its supervisor: exit status 0 is Normal, any other end is a failure, a
// shutdown sends it its signal, and a kill ends all of its process group.
type Program struct {
	// Command is the file or name, and its arguments.
	Command []string
	// Directory is where it runs, the engine's own unless said otherwise.
	Directory string
	// Environment is set beside the engine's.
	Environment map[string]string
	Stop        StopSignal
	// Output is the registered name of a process that is told each line of its output (OutputLine); without it lines go to the diagnostics.
	Output string
	// Name is registered for its process, unless it is empty.
	Name string
}

// OutputLine is a line of a program's output; a process that is told so has it among its Messages, or a handler output_line.
type OutputLine struct {
	Process string `json:"process"`
	// Stream is stdout or stderr.
	Stream string `json:"stream"`
	Line   string `json:"line"`
}

func (p Program) start() (map[string]any, string, bool, error) {
	program := map[string]any{"command": p.Command}
	if p.Directory != "" {
		program["directory"] = p.Directory
	}
	if p.Environment != nil {
		program["environment"] = p.Environment
	}
	if p.Stop != "" {
		program["stop"] = p.Stop
	}
	if p.Output != "" {
		program["output"] = map[string]string{"name": p.Output, "handler": "output_line"}
	}
	start := map[string]any{"program": program}
	if p.Name != "" {
		start["name"] = p.Name
	}
	id := p.Name
	if id == "" && len(p.Command) > 0 {
		id = p.Command[0]
	}
	return start, id, false, nil
}
