// One program with the parts of a Kubernetes control plane: linked as etcd, kube-apiserver, kube-controller-manager or
// kube-scheduler it is that program; `real-plane up` runs all four on loopback.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

var commands = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllermanager.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"real-plane":              newPlaneCommand,
}

func main() {
	name := filepath.Base(os.Args[0])
	if name == "etcd" {
		etcdmain.Main(os.Args)
		return
	}
	command, isKnown := commands[name]
	if !isKnown {
		fmt.Fprintf(os.Stderr, "unknown program %q: link it as etcd, kube-apiserver, kube-controller-manager, kube-scheduler or real-plane\n", name)
		os.Exit(1)
	}
	os.Exit(cli.Run(command()))
}
