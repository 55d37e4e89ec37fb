// The control plane that the tests run against, in one binary.
//
// What: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kwok (fake kubelets) and kubectl are upstream's own code, each one a
// command of this binary; `up` is ours: it starts them as child processes on loopback and keeps them (see up.go).
// Reads: its own name when it is called through a link (kubectl), otherwise its first argument; the rest is the command's own arguments.
// Why one binary: the components share most of their packages, so one link is smaller and much faster to build than six.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	commands := commands()
	name := filepath.Base(os.Args[0])
	if _, known := commands[name]; !known {
		if len(os.Args) < 2 || commands[os.Args[1]] == nil {
			names := []string{}
			for each := range commands {
				names = append(names, each)
			}
			slices.Sort(names)
			fmt.Fprintf(os.Stderr, "usage: %s %s [arguments]\n", name, strings.Join(names, "|"))
			os.Exit(2)
		}
		name = os.Args[1]
		// Upstream's commands read os.Args themselves, so the name of the command takes the place of ours.
		os.Args = append([]string{name}, os.Args[2:]...)
	}
	os.Exit(commands[name]())
}
