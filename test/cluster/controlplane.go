// A running control plane: its components, started, stopped and restarted.
//
// What: makes the world's folder with everything in it, starts the components in order (those that need only the API server, together),
// and at the end kills them and removes the folder. All methods are called from one goroutine.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	startTimeout  = 90 * time.Second
	stopGrace     = 20 * time.Second
	folderPrefix  = "plimsoll-control-plane-"
	ownerFileName = "owner.pid"
)

type controlPlane struct {
	world      world
	adminToken string
	processes  map[string]*process
	exits      chan *process // children that ended, asked or not
}

// newControlPlane makes the folder; it starts nothing.
func newControlPlane(podReadyDelay time.Duration) (*controlPlane, error) {
	removeAbandonedFolders()
	dir, err := os.MkdirTemp("", folderPrefix)
	if err != nil {
		return nil, err
	}
	plane := &controlPlane{world: world{dir: dir}, processes: map[string]*process{}, exits: make(chan *process, 64)}
	if err := plane.fill(podReadyDelay); err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return plane, nil
}

func (c *controlPlane) fill(podReadyDelay time.Duration) (err error) {
	w := &c.world
	if err := os.WriteFile(w.path(ownerFileName), []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
		return err
	}
	for _, folder := range []string{"pki", "kubeconfig", "settings", "logs", "bin"} {
		if err := os.Mkdir(w.path(folder), 0o700); err != nil {
			return err
		}
	}
	if w.ports, err = freePorts(); err != nil {
		return err
	}
	if c.adminToken, err = writeCredentials(*w); err != nil {
		return err
	}
	if err := writeSettings(*w, podReadyDelay); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return os.Symlink(self, w.kubectl())
}

// startAll starts every component but those left out, and returns when all are ready.
func (c *controlPlane) startAll(ctx context.Context, without []string) error {
	for _, name := range []string{etcdName, apiServerName} {
		if err := c.start(ctx, name); err != nil {
			return err
		}
	}
	others := slices.DeleteFunc(slices.Clone(componentNames[2:]), func(name string) bool { return slices.Contains(without, name) })
	for _, name := range others {
		if err := c.launch(name); err != nil {
			return err
		}
	}
	for _, name := range others {
		if err := c.waitReady(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (c *controlPlane) start(ctx context.Context, component string) error {
	if err := c.launch(component); err != nil {
		return err
	}
	return c.waitReady(ctx, component)
}

func (c *controlPlane) launch(component string) error {
	if !slices.Contains(componentNames, component) {
		return fmt.Errorf("no component is called %q", component)
	}
	if c.processes[component] != nil {
		return fmt.Errorf("%s is running", component)
	}
	child, err := startProcess(c.world, component, func(ended *process) { c.exits <- ended })
	if err != nil {
		return err
	}
	c.processes[component] = child
	return nil
}

func (c *controlPlane) waitReady(ctx context.Context, component string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := c.processes[component].waitReady(ctx, c.world.readyURLs(component), c.adminToken); err != nil {
		return fmt.Errorf("%w; the end of its log:\n%s", err, c.logTail(component))
	}
	return nil
}

// stop ends a component and waits until it is gone, so that its port is free when this returns.
func (c *controlPlane) stop(component string, signal syscall.Signal) error {
	child := c.processes[component]
	if child == nil {
		return fmt.Errorf("%s is not running", component)
	}
	delete(c.processes, component)
	child.stop(signal, stopGrace)
	return nil
}

// signal sends a signal and waits for nothing: SIGSTOP and SIGCONT make a component hang and go on.
func (c *controlPlane) signal(component string, signal syscall.Signal) error {
	child := c.processes[component]
	if child == nil {
		return fmt.Errorf("%s is not running", component)
	}
	return child.signal(signal)
}

// close kills what runs and removes the folder: nothing in it is worth an orderly end.
func (c *controlPlane) close() error {
	for _, child := range c.processes {
		_ = child.signal(syscall.SIGKILL)
	}
	for name, child := range c.processes {
		<-child.ended
		delete(c.processes, name)
	}
	return os.RemoveAll(c.world.dir)
}

const (
	logTailBytesMax = 64 * 1024
	logTailLinesMax = 40
)

func (c *controlPlane) logTail(component string) string {
	content, err := os.ReadFile(c.world.logFile(component))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(content[max(0, len(content)-logTailBytesMax):])), "\n")
	return strings.Join(lines[max(0, len(lines)-logTailLinesMax):], "\n")
}

// removeAbandonedFolders removes what an `up` that was killed outright left behind; its components ended with it.
func removeAbandonedFolders() {
	folders, _ := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix+"*"))
	for _, folder := range folders {
		content, err := os.ReadFile(filepath.Join(folder, ownerFileName))
		if err != nil {
			continue
		}
		owner, err := strconv.Atoi(string(content))
		if err == nil && syscall.Kill(owner, 0) == syscall.ESRCH {
			_ = os.RemoveAll(folder)
		}
	}
}
