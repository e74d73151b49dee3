package main

import (
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// stageVariable tells the second life of the program from the first and holds the descriptors.
const stageVariable = "CRESSET_RELAY_LISTENERS"

const (
	sysSetns = 308 // amd64
	poll     = 500 * time.Millisecond
)

// execInside joins the network namespace of process pid on this thread and
// starts the program anew from it, so that every later thread is inside too.
// It returns only when that failed.
func execInside(pid int, listeners []*os.File) error {
	namespace, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", pid))
	if err != nil {
		return err
	}
	numbers := make([]string, len(listeners))
	for i, file := range listeners {
		descriptor, err := syscall.Dup(int(file.Fd())) // a duplicate stays open across exec
		if err != nil {
			return err
		}
		numbers[i] = fmt.Sprint(descriptor)
	}
	runtime.LockOSThread()
	if _, _, errno := syscall.RawSyscall(sysSetns, namespace.Fd(), syscall.CLONE_NEWNET, 0); errno != 0 {
		return errno
	}
	environment := append(os.Environ(), stageVariable+"="+strings.Join(numbers, ","))
	return syscall.Exec("/proc/self/exe", os.Args, environment)
}

func inheritedListener(index int) (net.Listener, error) {
	numbers := strings.Split(os.Getenv(stageVariable), ",")
	if index >= len(numbers) {
		return nil, fmt.Errorf("%s holds %d listeners, wanted more than %d", stageVariable, len(numbers), index)
	}
	var descriptor uintptr
	if _, err := fmt.Sscan(numbers[index], &descriptor); err != nil {
		return nil, err
	}
	file := os.NewFile(descriptor, "listener")
	defer file.Close()
	return net.FileListener(file)
}

// waitForTheEnd returns on SIGTERM, SIGINT or when process pid is gone.
func waitForTheEnd(pid string) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	for {
		select {
		case <-signals:
			return
		case <-time.After(poll):
			if _, err := os.Stat("/proc/" + pid); err != nil {
				return
			}
		}
	}
}
