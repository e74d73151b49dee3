// Command relay makes addresses inside a network namespace reachable on this
// machine's loopback. It listens here, moves itself into the namespace of
// process PID, and copies bytes both ways for every connection:
//
//	relay PID DNS_SERVER LISTEN=TARGET...
//	relay 4711 10.96.0.10:53 127.0.0.1:6443=127.0.0.1:6443
//
// Names in TARGET are looked up at DNS_SERVER for each connection, so a
// Service may come and go. Where LISTEN has port 0 the system picks one, and a
// line "ADDRESS TARGET" on the standard output tells which as soon as TARGET
// can be reached. It ends when it is told to or when the namespace's process
// is gone.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

func main() {
	if os.Getenv(stageVariable) != "" {
		runInside()
		return
	}
	if len(os.Args) < 4 {
		fail("usage: relay PID DNS_SERVER LISTEN=TARGET...")
	}
	pid, err := strconv.Atoi(os.Args[1])
	if err != nil || pid < 1 {
		fail("relay: PID is %q, wanted the number of a process", os.Args[1])
	}
	listeners := make([]*os.File, 0, len(os.Args)-3)
	for _, pair := range os.Args[3:] {
		listen, target, ok := strings.Cut(pair, "=")
		if !ok || target == "" {
			fail("relay: %q is not LISTEN=TARGET", pair)
		}
		listeners = append(listeners, listenOn(listen))
	}
	fail("relay: cannot enter the namespace of process %d: %v", pid, execInside(pid, listeners))
}

// listenOn opens the socket that stays in this namespace whatever this process does next.
func listenOn(address string) *os.File {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		fail("relay: %v", err)
	}
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		fail("relay: %v", err)
	}
	return file
}

// runInside serves the inherited listeners, one for each LISTEN=TARGET.
func runInside() {
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, os.Args[2])
	}}
	for i, pair := range os.Args[3:] {
		listen, target, _ := strings.Cut(pair, "=")
		listener, err := inheritedListener(i)
		if err != nil {
			fail("relay: %v", err)
		}
		go serve(listener, target, resolver)
		if strings.HasSuffix(listen, ":0") {
			go announce(listener.Addr(), target, resolver)
		}
	}
	waitForTheEnd(os.Args[1])
}

func fail(format string, values ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", values...)
	os.Exit(1)
}
