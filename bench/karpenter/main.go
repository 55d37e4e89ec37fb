// Command karpenter solves one case of the scheduling benchmark with Karpenter's own scheduler, and prints what it took.
//
// Reads the case's JSON file, the very file that Plimsoll's own run reads: Pods, one NodePool, its instance types, and nodes with the
// Pods bound to them. Builds the cluster's state, the topology and the scheduler as Karpenter's own benchmark does, and measures Solve
// alone. Prints one line of JSON. A process measures once: the scheduler keeps what a run placed. Before that it solves another load, with
// schedulers of their own, by the rule by which Plimsoll is warmed up.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/record"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/log"
	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/controllers/provisioning/scheduling"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	"sigs.k8s.io/karpenter/pkg/events"
	"sigs.k8s.io/karpenter/pkg/operator/injection"
	"sigs.k8s.io/karpenter/pkg/operator/logging"
	"sigs.k8s.io/karpenter/pkg/operator/options"
	"sigs.k8s.io/karpenter/pkg/test"
)

// concurrency is how many nodes Karpenter's benchmark lets the scheduler look at side by side.
const concurrency = 5

const (
	warmUpsMax       = 200
	warmUpSecondsMax = 5
)

// answer is what a run tells. Prices are USD an hour.
type answer struct {
	Seconds       float64 `json:"seconds"`
	CPUSeconds    float64 `json:"cpuSeconds"`
	Nodes         int     `json:"nodes"`
	PricePerHour  float64 `json:"pricePerHour"`
	OnExisting    int     `json:"onExisting"`
	Unschedulable int     `json:"unschedulable"`
	// WhyNot is what Karpenter says of one Pod that it leaves out.
	WhyNot  string `json:"whyNot,omitempty"`
	PeakKiB int64  `json:"peakKiB"`
}

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("want two arguments, the JSON files of a case and of a load to warm up with"))
	}
	log.SetLogger(logging.NopLogger)
	given, err := readCase(os.Args[1])
	if err != nil {
		fail(err)
	}
	if err := warmUp(given, os.Args[2]); err != nil {
		fail(err)
	}
	solved, err := measure(given)
	if err != nil {
		fail(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(solved); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintf(os.Stderr, "karpenter: %s\n", err)
	os.Exit(1)
}

// warmUp solves the other load with the pool and types of the case: so many times, but never again after so many seconds.
func warmUp(given *benchCase, path string) error {
	until := time.Now().Add(warmUpSecondsMax * time.Second)
	for run := 0; run < warmUpsMax && time.Now().Before(until); run++ {
		other, err := readLoad(path, given)
		if err != nil {
			return err
		}
		if _, err := measure(other); err != nil {
			return err
		}
	}
	return nil
}

func measure(given *benchCase) (answer, error) {
	ctx := options.ToContext(injection.WithControllerName(context.Background(), "provisioner"), test.Options())
	scheduler, err := newScheduler(ctx, given)
	if err != nil {
		return answer{}, err
	}
	// What was decoded to get here is no part of what is measured.
	runtime.GC()
	cpuBefore, started := cpuSeconds(), time.Now()
	results, err := scheduler.Solve(ctx, given.Pods)
	seconds, cpu := time.Since(started).Seconds(), cpuSeconds()-cpuBefore
	if err != nil {
		return answer{}, fmt.Errorf("solving: %w", err)
	}
	found := answer{Seconds: seconds, CPUSeconds: cpu, Nodes: len(results.NewNodeClaims), Unschedulable: len(results.PodErrors), PeakKiB: peakKiB()}
	for _, why := range results.PodErrors {
		found.WhyNot = why.Error()
		break
	}
	for _, node := range results.ExistingNodes {
		found.OnExisting += len(node.Pods)
	}
	for _, claim := range results.NewNodeClaims {
		price, err := cheapest(claim)
		if err != nil {
			return answer{}, err
		}
		found.PricePerHour += price
	}
	return found, nil
}

func newScheduler(ctx context.Context, given *benchCase) (*scheduling.Scheduler, error) {
	pools := []*v1.NodePool{given.NodePool}
	types := map[string][]*cloudprovider.InstanceType{given.NodePool.Name: given.types}
	cluster := newClusterReader(given)
	known := state.NewCluster(&clock.RealClock{}, cluster, nil)
	for _, node := range given.Nodes {
		if err := known.UpdateNode(ctx, node); err != nil {
			return nil, fmt.Errorf("node %s: %w", node.Name, err)
		}
	}
	for _, pod := range given.BoundPods {
		if err := known.UpdatePod(ctx, pod); err != nil {
			return nil, fmt.Errorf("pod %s: %w", pod.Name, err)
		}
	}
	nodes := known.DeepCopyNodes().Active()
	settings := []scheduling.Options{scheduling.NumConcurrentReconciles(concurrency)}
	topology, err := scheduling.NewTopology(ctx, cluster, known, nodes, pools, types, given.Pods, settings...)
	if err != nil {
		return nil, fmt.Errorf("topology: %w", err)
	}
	recorder := events.NewRecorder(&record.FakeRecorder{})
	return scheduling.NewScheduler(
		ctx, cluster, pools, known, nodes, topology, types, []*corev1.Pod{}, recorder, &clock.RealClock{}, nil, nil, settings...,
	), nil
}

// cheapest returns the price that a claim is launched at where its cheapest type is to be had where it is cheapest.
func cheapest(claim *scheduling.NodeClaim) (float64, error) {
	price, found := 0.0, false
	for _, instanceType := range claim.InstanceTypeOptions {
		for _, offering := range instanceType.Offerings.Available().Compatible(claim.Requirements) {
			if !found || offering.Price < price {
				price, found = offering.Price, true
			}
		}
	}
	if !found {
		return 0, fmt.Errorf("a NodeClaim of NodePool %s has no offering", claim.NodePoolName)
	}
	return price, nil
}

func cpuSeconds() float64 {
	used := usage()
	return float64(used.Utime.Sec+used.Stime.Sec) + float64(used.Utime.Usec+used.Stime.Usec)/1e6
}

// peakKiB is the most memory that the process has had; Linux counts it in KiB.
func peakKiB() int64 {
	used := usage()
	return used.Maxrss
}

func usage() syscall.Rusage {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		fail(fmt.Errorf("getrusage: %w", err))
	}
	return used
}
