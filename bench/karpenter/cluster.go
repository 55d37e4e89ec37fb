package main

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// clusterReader answers what Karpenter asks an API server while it prepares a run: Nodes by name, Pods by node or by namespace and
// labels. It reads from memory, so that five thousand nodes are prepared in a moment; anything else that is asked for panics.
type clusterReader struct {
	client.Client
	nodes      map[string]*corev1.Node
	podsByNode map[string][]*corev1.Pod
	pods       []*corev1.Pod
}

func newClusterReader(given *benchCase) *clusterReader {
	reader := &clusterReader{nodes: map[string]*corev1.Node{}, podsByNode: map[string][]*corev1.Pod{}, pods: given.BoundPods}
	for _, node := range given.Nodes {
		reader.nodes[node.Name] = node
	}
	for _, pod := range given.BoundPods {
		reader.podsByNode[pod.Spec.NodeName] = append(reader.podsByNode[pod.Spec.NodeName], pod)
	}
	return reader
}

// Get finds Nodes; there are no objects of other kinds.
func (reader *clusterReader) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	if node, isNode := into.(*corev1.Node); isNode && reader.nodes[key.Name] != nil {
		reader.nodes[key.Name].DeepCopyInto(node)
		return nil
	}
	return errors.NewNotFound(schema.GroupResource{Resource: fmt.Sprintf("%T", into)}, key.Name)
}

// List finds bound Pods, by the node that they are on or by namespace and labels.
func (reader *clusterReader) List(_ context.Context, into client.ObjectList, given ...client.ListOption) error {
	list, isPods := into.(*corev1.PodList)
	if !isPods {
		return fmt.Errorf("the benchmark has no %T", into)
	}
	asked := (&client.ListOptions{}).ApplyOptions(given)
	list.Items = nil
	for _, pod := range reader.candidates(asked) {
		if asked.Namespace != "" && pod.Namespace != asked.Namespace {
			continue
		}
		if asked.LabelSelector != nil && !asked.LabelSelector.Matches(labels.Set(pod.Labels)) {
			continue
		}
		list.Items = append(list.Items, *pod)
	}
	return nil
}

func (reader *clusterReader) candidates(asked *client.ListOptions) []*corev1.Pod {
	if asked.FieldSelector == nil {
		return reader.pods
	}
	if name, isExact := asked.FieldSelector.RequiresExactMatch("spec.nodeName"); isExact {
		return reader.podsByNode[name]
	}
	panic("the benchmark lists Pods by spec.nodeName alone, not by " + asked.FieldSelector.String())
}
