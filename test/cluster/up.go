// The command `up`: one control plane, for as long as its caller lives.
//
// What: starts a control plane, prints one JSON line when it is ready, then answers one JSON line for each JSON line on standard input:
//
//	{"id":1,"command":"stop","component":"kube-controller-manager","signal":"SIGKILL"}   waits until it is gone (SIGTERM by default)
//	{"id":2,"command":"start","component":"kube-controller-manager"}                     waits until it is ready
//	{"id":3,"command":"signal","component":"kube-apiserver","signal":"SIGSTOP"}          waits for nothing
//	-> {"id":1,"ok":true} or {"id":1,"ok":false,"error":"..."}
//
// A component that ends unasked is told as {"event":"ended","component":"...","error":"..."}; it is not started again.
// It stops on SIGTERM and SIGINT, and when standard input ends, which it does when the caller dies: then all components are killed and the
// folder is removed. Exit code 0, or 1 when the control plane did not start.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"k8s.io/component-base/version"
)

// Another process can take a port between our look and a component's start; then everything is tried again on others.
const startAttemptsMax = 3

type upOptions struct {
	without       []string
	podReadyDelay time.Duration
}

func runUp() int {
	options, err := parseUpOptions(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	requests := make(chan []byte)
	go readRequests(requests, cancel)
	stopSignals, stopNotify := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer stopNotify()
	// Our caller may die while we write to it; the end of standard input tells us the same, and leaves us time to clean up.
	signal.Ignore(syscall.SIGPIPE)

	began := time.Now()
	plane, err := startPlane(stopSignals, options)
	if err != nil {
		if stopSignals.Err() != nil {
			return 0
		}
		writeLine(map[string]any{"ready": false, "error": err.Error()})
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	writeLine(plane.readyLine(time.Since(began)))
	serve(stopSignals, plane, requests)
	if err := plane.close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func parseUpOptions(arguments []string) (upOptions, error) {
	flags := flag.NewFlagSet("up", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error is printed by our caller, once
	without := flags.String("without", "", "components to leave out, with commas; each can be started later")
	podReadyDelay := flags.Duration("pod-ready-delay", 0, "how long a bound Pod takes to get ready, unless its annotation says otherwise")
	if err := flags.Parse(arguments); err != nil {
		return upOptions{}, err
	}
	if flags.NArg() > 0 {
		return upOptions{}, fmt.Errorf("up takes no argument %q", flags.Arg(0))
	}
	options := upOptions{podReadyDelay: *podReadyDelay}
	if *without != "" {
		options.without = strings.Split(*without, ",")
	}
	for _, name := range options.without {
		if !slices.Contains(componentNames[2:], name) {
			return upOptions{}, fmt.Errorf("--without takes %s, not %q", strings.Join(componentNames[2:], ", "), name)
		}
	}
	return options, nil
}

func startPlane(ctx context.Context, options upOptions) (*controlPlane, error) {
	for attempt := 1; ; attempt++ {
		plane, err := newControlPlane(options.podReadyDelay)
		if err != nil {
			return nil, err
		}
		err = plane.startAll(ctx, options.without)
		if err == nil {
			return plane, nil
		}
		closeErr := plane.close()
		portTaken := errors.Is(err, errEnded) && strings.Contains(err.Error(), "address already in use")
		if !portTaken || attempt == startAttemptsMax {
			return nil, errors.Join(err, closeErr)
		}
	}
}

// readyLine is what a caller must know to use the control plane.
func (c *controlPlane) readyLine(took time.Duration) map[string]any {
	pids := map[string]int{}
	for name, child := range c.processes {
		pids[name] = child.pid
	}
	w := c.world
	return map[string]any{
		"ready": true, "readyMs": took.Milliseconds(), "version": version.Get().GitVersion, "pid": os.Getpid(), "pids": pids,
		"dir": w.dir, "server": w.server(), "caFile": w.caFile(), "token": c.adminToken, "kubeconfig": w.kubeconfigFile(adminUser),
		"kubectlPath": w.kubectl(), "auditLog": w.auditLog(), "ports": w.ports,
	}
}

type request struct {
	ID        int    `json:"id"`
	Command   string `json:"command"`
	Component string `json:"component"`
	Signal    string `json:"signal"`
}

var signalsByName = map[string]syscall.Signal{
	"": syscall.SIGTERM, "SIGTERM": syscall.SIGTERM, "SIGKILL": syscall.SIGKILL, "SIGINT": syscall.SIGINT,
	"SIGSTOP": syscall.SIGSTOP, "SIGCONT": syscall.SIGCONT,
}

func serve(ctx context.Context, plane *controlPlane, requests <-chan []byte) {
	for {
		select {
		case <-ctx.Done():
			return
		case line := <-requests:
			answer := map[string]any{"ok": true}
			id, err := perform(ctx, plane, line)
			if err != nil {
				answer["ok"], answer["error"] = false, err.Error()
			}
			answer["id"] = id
			writeLine(answer)
		case ended := <-plane.exits:
			if plane.processes[ended.component] != ended {
				continue // it was told to stop
			}
			delete(plane.processes, ended.component)
			reason := fmt.Sprintf("%s; the end of its log:\n%s", ended.state, plane.logTail(ended.component))
			writeLine(map[string]any{"event": "ended", "component": ended.component, "error": reason})
		}
	}
}

func perform(ctx context.Context, plane *controlPlane, line []byte) (id int, err error) {
	asked := request{}
	if err := json.Unmarshal(line, &asked); err != nil {
		return 0, fmt.Errorf("read the command: %w", err)
	}
	number, known := signalsByName[asked.Signal]
	if !known {
		return asked.ID, fmt.Errorf("no signal is called %q", asked.Signal)
	}
	switch asked.Command {
	case "stop":
		return asked.ID, plane.stop(asked.Component, number)
	case "start":
		return asked.ID, plane.start(ctx, asked.Component)
	case "signal":
		return asked.ID, plane.signal(asked.Component, number)
	}
	return asked.ID, fmt.Errorf("no command is called %q", asked.Command)
}

const requestBytesMax = 64 * 1024

// readRequests hands on each line of standard input, and calls ended when there will be no more.
func readRequests(requests chan<- []byte, ended func()) {
	defer ended()
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, requestBytesMax)
	for lines.Scan() {
		requests <- slices.Clone(lines.Bytes())
	}
}

func writeLine(value any) {
	line, err := json.Marshal(value)
	if err != nil {
		panic(err) // only plain data is written
	}
	_, _ = os.Stdout.Write(append(line, '\n'))
}
