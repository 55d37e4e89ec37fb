// The settings that components take from a file instead of the command line.
//
// What: writes the audit policy, the scheduler's configuration and kwok's stages into the world's folder.
// Why Metadata: a test asks who did what to which object and what was answered; bodies would only make the log big.
package main

import (
	"fmt"
	"time"
)

const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: None
    nonResourceURLs: ["/healthz*", "/livez*", "/readyz*"]
  - level: Metadata
`

const schedulerConfiguration = `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection:
  leaderElect: false
clientConnection:
  kubeconfig: %q
  qps: %d
  burst: %d
`

func writeSettings(w world, podReadyDelay time.Duration) error {
	stages, err := renderStages(podReadyDelay)
	if err != nil {
		return err
	}
	scheduler := fmt.Sprintf(schedulerConfiguration, w.kubeconfigFile(schedulerUser), clientRequestsPerSecond, clientRequestsBurst)
	return writeFiles(map[string][]byte{
		w.auditPolicyFile(): []byte(auditPolicy),
		w.schedulerFile():   []byte(scheduler),
		w.stagesFile():      stages,
	})
}
