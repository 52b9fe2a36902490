module switchboard

go 1.22

require github.com/everact/everact-go v0.0.0

require (
	github.com/ebitengine/purego v0.10.2 // indirect
)

replace github.com/everact/everact-go => ../../../sdk-go
