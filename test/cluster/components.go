// Upstream's commands: how each is run inside this binary.
//
// What: a table from a command's name to the function that runs it and returns its exit code; each function is what upstream's own main does.
// Why the watch on standard input: a component that `up` started has a pipe there which `up` never writes to. When `up` is gone, however it
// went, the pipe ends, and so must the component; this holds on every operating system and needs no privilege.
package main

import (
	"fmt"
	"io"
	"os"
	_ "time/tzdata" // CronJob time zones

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/etcdmain"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // kubectl's credential plugins
	"k8s.io/component-base/cli"
	"k8s.io/component-base/logs"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kwokconfig "sigs.k8s.io/kwok/pkg/config"
	kwok "sigs.k8s.io/kwok/pkg/kwok/cmd"
	kwoklog "sigs.k8s.io/kwok/pkg/log"
	kwoksignals "sigs.k8s.io/kwok/pkg/utils/signals"
)

// supervisedVariable is set by `up` in the environment of its components.
const supervisedVariable = "PLIMSOLL_CONTROL_PLANE_SUPERVISED"

func commands() map[string]func() int {
	return map[string]func() int{
		"up":               runUp,
		etcdName:           runEtcd,
		apiServerName:      func() int { return runKubernetes(apiserver.NewAPIServerCommand()) },
		controllerName:     func() int { return runKubernetes(controllermanager.NewControllerManagerCommand()) },
		schedulerName:      func() int { return runKubernetes(scheduler.NewSchedulerCommand()) },
		kwokName:           runKwok,
		kubectlCommandName: runKubectl,
	}
}

func runEtcd() int {
	exitWithSupervisor()
	etcdmain.Main(os.Args)
	return 0
}

func runKubernetes(command *cobra.Command) int {
	exitWithSupervisor()
	return cli.Run(command)
}

func runKubectl() int {
	logs.GlogSetter(kubectl.GetLogVerbosity(os.Args))
	if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
		kubectlutil.CheckErr(err)
	}
	return 0
}

func runKwok() int {
	exitWithSupervisor()
	// Cobra offers the process's own flags to every command; Kubernetes' packages have put a --version there that kwok's doesn't expect.
	pflag.CommandLine = pflag.NewFlagSet(os.Args[0], pflag.ExitOnError)
	flags := pflag.NewFlagSet("global", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.Usage = func() {}
	ctx, logger := kwoklog.InitFlags(kwoksignals.SetupSignalContext(), flags)
	ctx, err := kwokconfig.InitFlags(ctx, flags)
	if err != nil {
		fmt.Fprintf(os.Stderr, "read kwok's configuration: %v\n", err)
		return 1
	}
	command := kwok.NewCommand(ctx)
	command.PersistentFlags().AddFlagSet(flags)
	if err := command.ExecuteContext(ctx); err != nil {
		logger.Error("Execute exit", "err", err)
		return 1
	}
	return 0
}

// exitWithSupervisor ends this process as soon as the `up` that started it is gone.
func exitWithSupervisor() {
	if os.Getenv(supervisedVariable) == "" {
		return
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
}
