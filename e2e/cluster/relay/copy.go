package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

const (
	dialTimeout = 10 * time.Second
	remember    = time.Second
	pause       = 100 * time.Millisecond
)

func serve(listener net.Listener, target string, resolver *net.Resolver) {
	for {
		client, err := listener.Accept()
		if err != nil { // too many descriptors, or a client that is gone already: the next one may do
			fmt.Fprintf(os.Stderr, "relay: accept for %s: %v\n", target, err)
			time.Sleep(pause)
			continue
		}
		go relay(client.(*net.TCPConn), target, resolver)
	}
}

// names remembers for a moment what a target's name was looked up to: load opens hundreds of connections a second,
// and the cluster's DNS has better things to do.
var names = struct {
	sync.Mutex
	found map[string]lookup
}{found: map[string]lookup{}}

type lookup struct {
	address string
	until   time.Time
}

func addressOf(target string, resolver *net.Resolver) (string, error) {
	names.Lock()
	known, ok := names.found[target]
	names.Unlock()
	if ok && time.Now().Before(known.until) {
		return known.address, nil
	}
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	addresses, err := resolver.LookupHost(ctx, host)
	if err != nil {
		return "", err
	}
	found := lookup{net.JoinHostPort(addresses[0], port), time.Now().Add(remember)}
	names.Lock()
	names.found[target] = found
	names.Unlock()
	return found.address, nil
}

func dial(target string, resolver *net.Resolver) (net.Conn, error) {
	address, err := addressOf(target, resolver)
	if err != nil {
		return nil, err
	}
	return net.DialTimeout("tcp", address, dialTimeout)
}

// announce prints the line for the caller once a connection to target comes about: a pod may be ready before
// the node's proxy leads to it.
func announce(address net.Addr, target string, resolver *net.Resolver) {
	for {
		connection, err := dial(target, resolver)
		if err == nil {
			connection.Close()
			fmt.Println(address, target)
			return
		}
		time.Sleep(pause)
	}
}

func relay(client *net.TCPConn, target string, resolver *net.Resolver) {
	defer client.Close()
	connection, err := dial(target, resolver)
	if err != nil {
		fmt.Fprintf(os.Stderr, "relay: %s: %v\n", target, err)
		_ = client.SetLinger(0) // the client sees a reset, as from a closed port
		return
	}
	server := connection.(*net.TCPConn)
	defer server.Close()
	done := make(chan struct{})
	go func() {
		pass(server, client)
		close(done)
	}()
	pass(client, server)
	<-done
}

// pass copies until the source ends and passes that end on; a failed copy ends both directions.
func pass(to, from *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil {
		_ = to.Close()
		_ = from.Close()
		return
	}
	_ = to.CloseWrite()
}
