// One component as a child process.
//
// What: starts this binary again as the component, with its log in a file, waits until it is ready, signals it, and knows when it ended.
// The pipe on the child's standard input is what ties its life to ours (components.go).
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"
)

const (
	readyPollInterval = 25 * time.Millisecond
	probeTimeout      = 2 * time.Second
)

var errEnded = errors.New("it ended")

type process struct {
	component string
	pid       int
	lifeline  io.Closer
	ended     chan struct{} // closed when the child is gone
	state     *os.ProcessState
}

// startProcess starts a component; onEnd is called from another goroutine when the child is gone.
func startProcess(w world, component string, onEnd func(*process)) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(w.logFile(component), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	command := exec.Command(self, append([]string{component}, w.arguments(component)...)...)
	command.Dir = w.dir
	// Neither the user's home nor the user's environment may change what a component does (etcd takes every flag from it, too).
	command.Env = []string{supervisedVariable + "=1", "HOME=" + w.dir, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir()}
	command.Stdout, command.Stderr = log, log
	// A group of its own, so that Ctrl-C in a terminal reaches only us.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	lifeline, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", component, err)
	}
	child := &process{component: component, pid: command.Process.Pid, lifeline: lifeline, ended: make(chan struct{})}
	go func() {
		_ = command.Wait()
		child.state = command.ProcessState
		close(child.ended)
		onEnd(child)
	}()
	return child, nil
}

func (p *process) signal(signal syscall.Signal) error {
	return syscall.Kill(p.pid, signal)
}

// stop signals the child and waits until it is gone; after the grace it kills it.
func (p *process) stop(signal syscall.Signal, grace time.Duration) {
	_ = p.signal(signal)
	select {
	case <-p.ended:
	case <-time.After(grace):
		_ = p.signal(syscall.SIGKILL)
		<-p.ended
	}
}

// waitReady returns when every address answered 200, and an error when the child ended or the context did.
func (p *process) waitReady(ctx context.Context, urls []string, adminToken string) error {
	for _, url := range urls {
		for !probe(ctx, url, adminToken) {
			select {
			case <-p.ended:
				return fmt.Errorf("%s: %w (%s)", p.component, errEnded, p.state)
			case <-ctx.Done():
				return fmt.Errorf("%s was not ready in time (%s)", p.component, url)
			case <-time.After(readyPollInterval):
			}
		}
	}
	return nil
}

func probe(ctx context.Context, url, adminToken string) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	request.Header.Set("Authorization", "Bearer "+adminToken)
	// Loopback, and the certificate is one that we made a moment ago: there is nobody to be protected from.
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true,
	}}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}
