// Command kube is every Kubernetes role in one binary, chosen by the first
// argument (or by the name it is called by).
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"cresset.dev/e2e/cluster/kube/dns"
	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	kcm "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

func main() {
	role := filepath.Base(os.Args[0])
	roles := map[string]func() *cobra.Command{
		"kube-apiserver":          apiserver.NewAPIServerCommand,
		"kube-controller-manager": kcm.NewControllerManagerCommand,
		"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
		"kube-proxy":              proxy.NewProxyCommand,
		"kubelet":                 func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
		"kubectl":                 kubectl.NewDefaultKubectlCommand,
	}
	if _, ok := roles[role]; !ok && role != "etcd" && role != "coredns" {
		if len(os.Args) < 2 {
			fmt.Fprintln(os.Stderr, "usage: kube <etcd|kube-apiserver|kube-controller-manager|kube-scheduler|kube-proxy|kubelet|kubectl|coredns> [flags]")
			os.Exit(2)
		}
		role = os.Args[1]
		os.Args = append([]string{role}, os.Args[2:]...)
	}
	switch role {
	case "etcd":
		etcdmain.Main(os.Args)
		return
	case "coredns":
		dns.Main()
		return
	}
	mk, ok := roles[role]
	if !ok {
		fmt.Fprintln(os.Stderr, "kube: unknown role", role)
		os.Exit(2)
	}
	if role == "kubectl" {
		if err := cli.RunNoErrOutput(mk()); err != nil {
			cmdutil.CheckErr(err)
		}
		return
	}
	os.Exit(cli.Run(mk()))
}
