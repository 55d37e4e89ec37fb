// How fake kubelets treat nodes and Pods.
//
// What: kwok's own fast stages (a node is ready at once, its lease is renewed; a bound Pod runs at once, a Job's Pod completes at once, a
// deleted Pod is gone at once), read from kwok's module, with a delay added to the stages of Pods. Returns the YAML that kwok is started with.
// A Pod chooses its own delays with the annotations of kwok's general stages: pod-ready.stage.kwok.x-k8s.io/delay: 2s, and the same for
// pod-complete and pod-delete; podReadyDelay is for the Pods that say nothing.
package main

import (
	"bytes"
	"fmt"
	"time"

	node "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	heartbeat "sigs.k8s.io/kwok/kustomize/stage/node/heartbeat-with-lease"
	pod "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
	"sigs.k8s.io/yaml"
)

func renderStages(podReadyDelay time.Duration) ([]byte, error) {
	out := bytes.NewBufferString(node.DefaultNodeInit + "\n---\n" + heartbeat.DefaultNodeHeartbeatWithLease)
	delayed := []struct {
		stage string
		delay time.Duration
	}{{pod.DefaultPodReady, podReadyDelay}, {pod.DefaultPodComplete, 0}, {pod.DefaultPodDelete, 0}}
	for _, each := range delayed {
		stage, err := withDelay(each.stage, each.delay)
		if err != nil {
			return nil, err
		}
		out.WriteString("\n---\n")
		out.Write(stage)
	}
	return out.Bytes(), nil
}

func withDelay(stageYAML string, delay time.Duration) ([]byte, error) {
	stage := struct {
		APIVersion string         `json:"apiVersion"`
		Kind       string         `json:"kind"`
		Metadata   map[string]any `json:"metadata"`
		Spec       map[string]any `json:"spec"`
	}{}
	if err := yaml.UnmarshalStrict([]byte(stageYAML), &stage); err != nil {
		return nil, fmt.Errorf("read kwok's stage: %w", err)
	}
	stage.Spec["delay"] = map[string]any{
		"durationMilliseconds": delay.Milliseconds(),
		"durationFrom": map[string]any{
			"expressionFrom": fmt.Sprintf(`.metadata.annotations["%s.stage.kwok.x-k8s.io/delay"]`, stage.Metadata["name"]),
		},
	}
	return yaml.Marshal(stage)
}
