package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

type planeOptions struct {
	folder, kubeconfig, auditLog, auditPolicy string
	port                                      int
	apiArgs                                   []string
}

func newPlaneCommand() *cobra.Command {
	root := &cobra.Command{Use: "real-plane", SilenceUsage: true}
	var options planeOptions
	up := &cobra.Command{
		Use:   "up",
		Short: "Run etcd, kube-apiserver, kube-controller-manager and kube-scheduler on loopback until SIGTERM",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
			defer stop()
			return run(ctx, options)
		},
	}
	flags := up.Flags()
	flags.StringVar(&options.folder, "folder", "", "keys, data, logs and PROGRAM.pid files; used again by the next start")
	flags.StringVar(&options.kubeconfig, "kubeconfig", "", "written when the API server is ready (default FOLDER/kubeconfig)")
	flags.IntVar(&options.port, "port", 0, "port of the API server (default: a free one, the same at the next start)")
	flags.StringVar(&options.auditLog, "audit-log", "", "audit log (default FOLDER/audit.jsonl)")
	flags.StringVar(&options.auditPolicy, "audit-policy", "", "audit policy (default: every request at level Metadata)")
	flags.StringArrayVar(&options.apiArgs, "api-arg", nil, "one more argument of kube-apiserver")
	_ = up.MarkFlagRequired("folder")
	root.AddCommand(up)
	return root
}

func run(ctx context.Context, options planeOptions) error {
	folder, err := filepath.Abs(options.folder)
	if err != nil {
		return err
	}
	options.folder = folder
	defaultTo(&options.kubeconfig, filepath.Join(folder, "kubeconfig"))
	defaultTo(&options.auditLog, filepath.Join(folder, "audit.jsonl"))
	defaultTo(&options.auditPolicy, filepath.Join(folder, "audit-policy.yaml"))
	if err := os.MkdirAll(filepath.Join(folder, "pki"), 0o700); err != nil {
		return err
	}
	if err := os.Remove(options.kubeconfig); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	keys, err := keysIn(filepath.Join(folder, "pki"))
	if err != nil {
		return err
	}
	ports, err := portsIn(filepath.Join(folder, "ports"), options.port)
	if err != nil {
		return err
	}
	if err := writeIfMissing(options.auditPolicy, auditPolicy); err != nil {
		return err
	}
	server := fmt.Sprintf("https://127.0.0.1:%d", ports.api)
	internal := filepath.Join(folder, "components.kubeconfig")
	if err := os.WriteFile(internal, keys.kubeconfig(server), 0o600); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var children sync.WaitGroup
	for _, part := range parts(options, ports, internal) {
		children.Add(1)
		go func() {
			defer children.Done()
			supervise(ctx, options.folder, part)
		}()
	}
	if err := untilReady(ctx, server, keys); err == nil {
		if err := os.WriteFile(options.kubeconfig, keys.kubeconfig(server), 0o600); err != nil {
			return err
		}
		fmt.Printf("ready: export KUBECONFIG=%s\n", options.kubeconfig)
	}
	<-ctx.Done()
	children.Wait()
	return nil
}

func defaultTo(value *string, fallback string) {
	if *value == "" {
		*value = fallback
	}
}

// supervise runs a program until the context ends and starts it again whenever it ends before.
func supervise(ctx context.Context, folder string, part part) {
	// a child dies with the thread that started it, see Pdeathsig
	runtime.LockOSThread()
	for ctx.Err() == nil {
		if err := runOnce(ctx, folder, part); err != nil && ctx.Err() == nil {
			fmt.Fprintf(os.Stderr, "%s ended, starting it again: %v\n", part.name, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func runOnce(ctx context.Context, folder string, part part) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(folder, part.name+".log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.CommandContext(ctx, self, part.args...)
	// the program finds in its name which part it is
	command.Args[0] = part.name
	command.Stdout, command.Stderr = log, log
	command.Dir = folder
	// it ends with this process, however this one ends
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	// kube-apiserver would wait for open watches
	command.Cancel = func() error { return command.Process.Kill() }
	if part.name == "etcd" {
		command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
		command.WaitDelay = 5 * time.Second
	}
	if err := command.Start(); err != nil {
		return err
	}
	pid := []byte(fmt.Sprint(command.Process.Pid))
	if err := os.WriteFile(filepath.Join(folder, part.name+".pid"), pid, 0o600); err != nil {
		return err
	}
	return command.Wait()
}

func untilReady(ctx context.Context, server string, keys keys) error {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(keys.caCert)
	pair, err := tls.X509KeyPair(keys.adminCert, keys.adminKey)
	if err != nil {
		return err
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}}}
	client := &http.Client{Transport: transport, Timeout: 2 * time.Second}
	for {
		response, err := client.Get(server + "/readyz")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

type ports struct{ api, etcd, etcdPeer int }

// portsIn reads the ports of an earlier start, so that clients find the server again.
func portsIn(file string, wanted int) (ports, error) {
	var found ports
	if content, err := os.ReadFile(file); err == nil {
		_, err := fmt.Sscan(string(content), &found.api, &found.etcd, &found.etcdPeer)
		if err == nil && (wanted == 0 || wanted == found.api) {
			return found, nil
		}
	}
	for _, port := range []*int{&found.api, &found.etcd, &found.etcdPeer} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return found, err
		}
		defer listener.Close()
		*port = listener.Addr().(*net.TCPAddr).Port
	}
	if wanted != 0 {
		found.api = wanted
	}
	return found, os.WriteFile(file, []byte(fmt.Sprintln(found.api, found.etcd, found.etcdPeer)), 0o600)
}
