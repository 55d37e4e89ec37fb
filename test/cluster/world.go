// The world of one control plane: its folder, ports and components.
//
// What: plain data that says where everything of one `up` lies, and, for each component, with which arguments it runs, as whom, and which
// address tells that it is ready. Reads nothing; the files that it names are written by credentials.go, settings.go and stages.go.
// Why all arguments in one file: this is the recipe, and a reader should see it whole.
package main

import (
	"fmt"
	"path/filepath"
)

const (
	etcdName           = "etcd"
	apiServerName      = "kube-apiserver"
	controllerName     = "kube-controller-manager"
	schedulerName      = "kube-scheduler"
	kwokName           = "kwok"
	kubectlCommandName = "kubectl"
)

// componentNames are in the order of their start.
var componentNames = []string{etcdName, apiServerName, controllerName, schedulerName, kwokName}

// Upstream's clients hold back at 20 to 50 requests a second, so that a big cluster isn't overrun; a test would only wait for them.
const (
	clientRequestsPerSecond = 1000
	clientRequestsBurst     = 2000
)

const (
	issuer           = "https://kubernetes.default.svc"
	serviceCIDR      = "10.96.0.0/20"
	fakeNodeSelector = "kwok.x-k8s.io/node=fake"
	// The lease of a fake node is as long as a kubelet's; kwok renews it every quarter of this time.
	nodeLeaseSeconds = 40
)

// ports are loopback ports, all different.
type ports struct {
	Etcd              int `json:"etcd"`
	EtcdPeer          int `json:"etcdPeer"`
	APIServer         int `json:"kube-apiserver"`
	ControllerManager int `json:"kube-controller-manager"`
	Scheduler         int `json:"kube-scheduler"`
	Kwok              int `json:"kwok"`
}

type world struct {
	dir   string
	ports ports
}

func (w world) path(elements ...string) string {
	return filepath.Join(append([]string{w.dir}, elements...)...)
}

func (w world) server() string                    { return loopback("https", w.ports.APIServer) }
func (w world) caFile() string                    { return w.path("pki", "tls.crt") }
func (w world) keyFile() string                   { return w.path("pki", "tls.key") }
func (w world) serviceAccountKeyFile() string     { return w.path("pki", "service-account.key") }
func (w world) tokenFile() string                 { return w.path("pki", "tokens.csv") }
func (w world) kubeconfigFile(user string) string { return w.path("kubeconfig", user) }
func (w world) auditPolicyFile() string           { return w.path("settings", "audit-policy.yaml") }
func (w world) auditLog() string                  { return w.path("audit.log") }
func (w world) schedulerFile() string             { return w.path("settings", "scheduler.yaml") }
func (w world) stagesFile() string                { return w.path("settings", "stages.yaml") }
func (w world) logFile(component string) string   { return w.path("logs", component+".log") }
func (w world) kubectl() string                   { return w.path("bin", kubectlCommandName) }
func loopback(scheme string, port int) string     { return fmt.Sprintf("%s://127.0.0.1:%d", scheme, port) }
func option(name string, value any) string        { return fmt.Sprintf("--%s=%v", name, value) }

// arguments are the command line of a component, without its name.
func (w world) arguments(component string) []string {
	switch component {
	case etcdName:
		return w.etcdArguments()
	case apiServerName:
		return w.apiServerArguments()
	case controllerName:
		return w.controllerManagerArguments()
	case schedulerName:
		return w.schedulerArguments()
	case kwokName:
		return w.kwokArguments()
	}
	panic("no component " + component)
}

// readyURLs all answer 200 once the component is ready.
func (w world) readyURLs(component string) []string {
	switch component {
	case etcdName:
		return []string{loopback("http", w.ports.Etcd) + "/health"}
	case apiServerName:
		return []string{w.server() + "/readyz"}
	case controllerName:
		// In a fresh world the second waits for the controllers: one of them makes the account, without which no Pod is admitted.
		return []string{loopback("https", w.ports.ControllerManager) + "/healthz", w.server() + "/api/v1/namespaces/default/serviceaccounts/default"}
	case schedulerName:
		return []string{loopback("https", w.ports.Scheduler) + "/readyz"}
	case kwokName:
		return []string{loopback("http", w.ports.Kwok) + "/readyz"}
	}
	panic("no component " + component)
}

func (w world) etcdArguments() []string {
	client, peer := loopback("http", w.ports.Etcd), loopback("http", w.ports.EtcdPeer)
	return []string{
		option("name", "default"),
		option("data-dir", w.path("etcd")),
		option("listen-client-urls", client),
		option("advertise-client-urls", client),
		option("listen-peer-urls", peer),
		option("initial-advertise-peer-urls", peer),
		option("initial-cluster", "default="+peer),
		// A test survives no power cut, so nothing is synced to disk; and one member need not wait a second for rivals in its election.
		option("unsafe-no-fsync", true),
		option("heartbeat-interval", 10),
		option("election-timeout", 100),
	}
}

func (w world) apiServerArguments() []string {
	return []string{
		option("etcd-servers", loopback("http", w.ports.Etcd)),
		option("bind-address", "127.0.0.1"),
		option("secure-port", w.ports.APIServer),
		// An address for documentation: the API server refuses to publish a loopback one, and a machine without a network has no other.
		option("advertise-address", "192.0.2.1"),
		option("tls-cert-file", w.caFile()),
		option("tls-private-key-file", w.keyFile()),
		option("service-account-issuer", issuer),
		option("service-account-key-file", w.serviceAccountKeyFile()),
		option("service-account-signing-key-file", w.serviceAccountKeyFile()),
		option("token-auth-file", w.tokenFile()),
		option("authorization-mode", "RBAC"),
		option("service-cluster-ip-range", serviceCIDR),
		option("allow-privileged", true),
		// A webhook named by its Service is called at the addresses of its EndpointSlice: there is no kube-proxy here.
		option("enable-aggregator-routing", true),
		option("audit-policy-file", w.auditPolicyFile()),
		option("audit-log-path", w.auditLog()),
		option("audit-log-mode", "blocking"),
	}
}

func (w world) controllerManagerArguments() []string {
	return []string{
		option("kubeconfig", w.kubeconfigFile(controllerUser)),
		option("bind-address", "127.0.0.1"),
		option("secure-port", w.ports.ControllerManager),
		option("tls-cert-file", w.caFile()),
		option("tls-private-key-file", w.keyFile()),
		option("root-ca-file", w.caFile()),
		option("service-account-private-key-file", w.serviceAccountKeyFile()),
		option("use-service-account-credentials", true),
		option("leader-elect", false),
		option("kube-api-qps", clientRequestsPerSecond),
		option("kube-api-burst", clientRequestsBurst),
	}
}

func (w world) schedulerArguments() []string {
	return []string{
		option("config", w.schedulerFile()),
		option("bind-address", "127.0.0.1"),
		option("secure-port", w.ports.Scheduler),
		option("tls-cert-file", w.caFile()),
		option("tls-private-key-file", w.keyFile()),
	}
}

func (w world) kwokArguments() []string {
	return []string{
		option("kubeconfig", w.kubeconfigFile(kwokUser)),
		option("config", w.stagesFile()),
		option("manage-all-nodes", false),
		option("manage-nodes-with-annotation-selector", fakeNodeSelector),
		option("node-lease-duration-seconds", nodeLeaseSeconds),
		option("server-address", fmt.Sprintf("127.0.0.1:%d", w.ports.Kwok)),
	}
}
