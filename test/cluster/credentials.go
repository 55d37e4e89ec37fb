// Who may speak to the control plane: certificate, keys, tokens and kubeconfigs.
//
// What: writes the serving certificate (its file holds its authority too), the key that signs service account tokens, the tokens of the
// administrator and of the components, and a kubeconfig for each. Returns the administrator's token.
// Why each component has a user of its own: RBAC's bootstrap roles then hold for it as on a real cluster, and the audit log tells who asked.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

const (
	adminUser      = "admin"
	controllerUser = "system:kube-controller-manager"
	schedulerUser  = "system:kube-scheduler"
	kwokUser       = "kwok"
)

func writeCredentials(w world) (adminToken string, err error) {
	serviceIPs := []net.IP{net.ParseIP("10.96.0.1")}
	names := []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"}
	certificate, key, err := cert.GenerateSelfSignedCertKey("127.0.0.1", serviceIPs, names)
	if err != nil {
		return "", fmt.Errorf("make the serving certificate: %w", err)
	}
	serviceAccountKey, err := keyutil.MakeEllipticPrivateKeyPEM()
	if err != nil {
		return "", fmt.Errorf("make the service account key: %w", err)
	}
	// Fake kubelets act for every node and Pod; the bootstrap roles have none as wide, so kwok is an administrator under its own name.
	groups := map[string]string{adminUser: "system:masters", controllerUser: "", schedulerUser: "", kwokUser: "system:masters"}
	tokenLines := []string{}
	for user, group := range groups {
		token := newToken()
		if user == adminUser {
			adminToken = token
		}
		tokenLines = append(tokenLines, fmt.Sprintf("%s,%q,%q,%q", token, user, user, group))
		if err := writeKubeconfig(w, user, token, certificate); err != nil {
			return "", err
		}
	}
	return adminToken, writeFiles(map[string][]byte{
		w.caFile():                certificate,
		w.keyFile():               key,
		w.serviceAccountKeyFile(): serviceAccountKey,
		w.tokenFile():             []byte(strings.Join(tokenLines, "\n") + "\n"),
	})
}

func writeKubeconfig(w world, user, token string, authority []byte) error {
	const name = "control-plane"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: w.server(), CertificateAuthorityData: authority}
	config.AuthInfos[user] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: user}
	config.CurrentContext = name
	if err := clientcmd.WriteToFile(*config, w.kubeconfigFile(user)); err != nil {
		return fmt.Errorf("write the kubeconfig of %s: %w", user, err)
	}
	return nil
}

func newToken() string {
	bytes := make([]byte, 16)
	_, _ = rand.Read(bytes) // never fails since Go 1.24
	return hex.EncodeToString(bytes)
}

// writeFiles writes files that only the owner may read.
func writeFiles(contents map[string][]byte) error {
	for path, content := range contents {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}
