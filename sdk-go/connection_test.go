package reenact_test

// Connections whose other side is not there, and what cannot be set.

import (
	"net"
	"testing"
	"time"

	reenact "github.com/reenact/reenact-go"
)

// closedPort is an address where nobody listens.
func closedPort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return "http://" + listener.Addr().String()
}

func TestNobodyListensThere(t *testing.T) {
	address, second := closedPort(t), closedPort(t)
	began := time.Now()
	_, err := reenact.Connect(address, reenact.WithKinds(airport), reenact.ConnectOptions{
		Addresses: []string{second}, ConnectTimeout: 200 * time.Millisecond,
	})
	wants(t, err, reenact.ErrUnreachable, address, second)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v to say so", took)
	}
	if !reenact.Retryable(err) {
		t.Error("trying again later may help")
	}
}

func TestConnectionsThatCannotBeMade(t *testing.T) {
	for _, address := range []string{"", "127.0.0.1:80", "ftp://x", "http://"} {
		_, err := reenact.Connect(address, reenact.WithKinds(airport))
		wants(t, err, reenact.ErrInvalidConfiguration, "connect")
	}
	_, err := reenact.Connect("https://127.0.0.1:1", reenact.ConnectOptions{AuthorityFile: "/nowhere.pem"})
	wants(t, err, reenact.ErrInvalidConfiguration, "authority_file")
	_, err = reenact.Connect("https://127.0.0.1:1", reenact.ConnectOptions{CertificateFile: "/nowhere.pem"})
	wants(t, err, reenact.ErrInvalidConfiguration, "certificate_file", "key_file")
	_, err = reenact.Open("", reenact.ConnectOptions{Token: "t"})
	wants(t, err, reenact.ErrInvalidConfiguration, "Connect")
	_, err = reenact.Connect(closedPort(t), reenact.WithKinds(airport, airport))
	wants(t, err, reenact.ErrDuplicateKind)
}

func TestAnEngineThatDoesNotListenHasNoAddress(t *testing.T) {
	if address := opened(t, "").Address(); address != "" {
		t.Errorf("it listens at %q", address)
	}
}
