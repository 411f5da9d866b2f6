package main

import (
	"fmt"
	"os"
	"path/filepath"
)

const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
  - level: None
    nonResourceURLs: ["*"]
  - level: Metadata
`

type part struct {
	name string
	args []string
}

func parts(options planeOptions, ports ports, kubeconfig string) []part {
	pki := func(name string) string { return filepath.Join(options.folder, "pki", name) }
	clients := fmt.Sprintf("http://127.0.0.1:%d", ports.etcd)
	peers := fmt.Sprintf("http://127.0.0.1:%d", ports.etcdPeer)
	return []part{
		{"etcd", []string{
			"--data-dir=" + filepath.Join(options.folder, "etcd"),
			"--listen-client-urls=" + clients,
			"--advertise-client-urls=" + clients,
			"--listen-peer-urls=" + peers,
			"--initial-advertise-peer-urls=" + peers,
			"--initial-cluster=default=" + peers,
			"--unsafe-no-fsync",
		}},
		{"kube-apiserver", append([]string{
			"--etcd-servers=" + clients,
			fmt.Sprintf("--secure-port=%d", ports.api),
			"--bind-address=127.0.0.1",
			"--advertise-address=127.0.0.1",
			"--client-ca-file=" + pki("ca.crt"),
			"--tls-cert-file=" + pki("server.crt"),
			"--tls-private-key-file=" + pki("server.key"),
			"--service-account-issuer=https://kubernetes.default.svc",
			"--service-account-key-file=" + pki("token.pub"),
			"--service-account-signing-key-file=" + pki("token.key"),
			"--authorization-mode=Node,RBAC",
			"--service-cluster-ip-range=10.96.0.0/16",
			"--endpoint-reconciler-type=none",
			// no node lifecycle controller removes the taint that a new node gets
			"--disable-admission-plugins=TaintNodesByCondition",
			"--audit-policy-file=" + options.auditPolicy,
			"--audit-log-path=" + options.auditLog,
			"--audit-log-maxsize=100000",
		}, options.apiArgs...)},
		{"kube-controller-manager", []string{
			"--kubeconfig=" + kubeconfig,
			"--leader-elect=false",
			"--use-service-account-credentials=false",
			"--service-account-private-key-file=" + pki("token.key"),
			"--root-ca-file=" + pki("ca.crt"),
			"--cluster-signing-cert-file=" + pki("ca.crt"),
			"--cluster-signing-key-file=" + pki("ca.key"),
			// a simulated node has no network and sends no heartbeats
			"--controllers=*,-nodeipam,-nodelifecycle",
			"--kube-api-qps=500",
			"--kube-api-burst=1000",
			"--secure-port=0",
		}},
		{"kube-scheduler", []string{
			"--kubeconfig=" + kubeconfig,
			"--leader-elect=false",
			"--secure-port=0",
		}},
	}
}

func writeIfMissing(file, content string) error {
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	return os.WriteFile(file, []byte(content), 0o600)
}
