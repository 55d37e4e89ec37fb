package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/scheduling"
)

// benchCase is a case of the benchmark, as its JSON file has it: Kubernetes' own objects, and the instance types in Plimsoll's shape.
type benchCase struct {
	Pods          []*corev1.Pod  `json:"pods"`
	NodePool      *v1.NodePool   `json:"nodePool"`
	InstanceTypes []instanceType `json:"instanceTypes"`
	Nodes         []*corev1.Node `json:"nodes"`
	BoundPods     []*corev1.Pod  `json:"boundPods"`

	types []*cloudprovider.InstanceType
}

type instanceType struct {
	Name         string                           `json:"name"`
	Requirements []corev1.NodeSelectorRequirement `json:"requirements"`
	Capacity     map[corev1.ResourceName]int64    `json:"capacity"`
	Allocatable  map[corev1.ResourceName]int64    `json:"allocatable"`
	Offerings    []offering                       `json:"offerings"`
}

type offering struct {
	Zone         string  `json:"zone"`
	CapacityType string  `json:"capacityType"`
	PricePerHour float64 `json:"pricePerHour"`
	Available    bool    `json:"available"`
}

func readCase(path string) (*benchCase, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	given := &benchCase{}
	if err := json.Unmarshal(text, given); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if given.NodePool == nil || len(given.InstanceTypes) == 0 || len(given.Pods) == 0 {
		return nil, fmt.Errorf("%s: a case has pods, a nodePool and instanceTypes", path)
	}
	for _, found := range given.InstanceTypes {
		given.types = append(given.types, found.decoded())
	}
	stampInOrder(given.Pods)
	return given, nil
}

// readLoad returns the case with the Pods and nodes of another file.
func readLoad(path string, given *benchCase) (*benchCase, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	load := &benchCase{}
	if err := json.Unmarshal(text, load); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	load.NodePool, load.types = given.NodePool, given.types
	stampInOrder(load.Pods)
	return load, nil
}

// stampInOrder gives each Pod a later time of creation than the one before it, as Karpenter's benchmark does: it breaks ties.
func stampInOrder(pods []*corev1.Pod) {
	first := time.Now()
	for index, pod := range pods {
		pod.CreationTimestamp = metav1.NewTime(first.Add(time.Duration(index)))
	}
}

// decoded returns the type as Karpenter has it: what is not allocatable is kube-reserved.
func (given instanceType) decoded() *cloudprovider.InstanceType {
	requirements := scheduling.NewRequirements()
	for _, found := range given.Requirements {
		// Every label of a type is well known: a claim that says nothing of it may have any value, as with each of Karpenter's providers.
		v1.WellKnownLabels.Insert(found.Key)
		requirements.Add(scheduling.NewRequirement(found.Key, found.Operator, found.Values...))
	}
	offerings := cloudprovider.Offerings{}
	for _, found := range given.Offerings {
		offerings = append(offerings, &cloudprovider.Offering{
			Requirements: scheduling.NewLabelRequirements(map[string]string{
				corev1.LabelTopologyZone: found.Zone,
				v1.CapacityTypeLabelKey:  found.CapacityType,
			}),
			Price:     found.PricePerHour,
			Available: found.Available,
		})
	}
	capacity, reserved := corev1.ResourceList{}, corev1.ResourceList{}
	for name, amount := range given.Capacity {
		capacity[name] = quantity(name, amount)
		if kept := amount - given.Allocatable[name]; kept != 0 {
			reserved[name] = quantity(name, kept)
		}
	}
	return &cloudprovider.InstanceType{
		Name:         given.Name,
		Requirements: requirements,
		Offerings:    offerings,
		Capacity:     capacity,
		Overhead:     &cloudprovider.InstanceTypeOverhead{KubeReserved: reserved},
	}
}

// quantity reads an amount in Plimsoll's units: millicores of CPU, bytes and counts of everything else.
func quantity(name corev1.ResourceName, amount int64) resource.Quantity {
	if name == corev1.ResourceCPU {
		return *resource.NewMilliQuantity(amount, resource.DecimalSI)
	}
	return *resource.NewQuantity(amount, resource.BinarySI)
}
