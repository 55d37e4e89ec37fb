// Free loopback ports.
//
// What: picks ports that nothing listens on, below the range from which the kernel takes the ports of outgoing connections.
// Why below it: a component that is stopped and started again must get its own port back, and an outgoing connection of another process
// could have taken one of that range meanwhile.
package main

import (
	"fmt"
	"math/rand/v2"
	"net"
)

const (
	portMin      = 20000
	portMax      = 32000
	portTriesMax = 1000
)

func freePorts() (ports, error) {
	taken := map[int]bool{}
	next := func() (int, error) {
		for range portTriesMax {
			port := portMin + rand.IntN(portMax-portMin)
			if !taken[port] && isFree(port) {
				taken[port] = true
				return port, nil
			}
		}
		return 0, fmt.Errorf("no free port on 127.0.0.1 between %d and %d", portMin, portMax)
	}
	found := ports{}
	for _, port := range []*int{&found.Etcd, &found.EtcdPeer, &found.APIServer, &found.ControllerManager, &found.Scheduler, &found.Kwok} {
		number, err := next()
		if err != nil {
			return ports{}, err
		}
		*port = number
	}
	return found, nil
}

func isFree(port int) bool {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}
