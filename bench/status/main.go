// Command status times 'lading status' for a thousand deployments of one
// environment: whole processes against the API server of internal/kube/kubetest
// and a repository of this machine. It prints the median wall-clock and CPU
// times and the peak memory of each case.
//
// The server is in a process of its own, since Linux counts the memory of who
// starts a process to that process's peak.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/lading-dev/lading/bench/peak"
)

var (
	deployments = flag.Int("deployments", 1000, "deployments in the environment, of two pods each")
	runs        = flag.Int("runs", 5, "runs of each case; the median counts")
	only        = flag.String("only", "", "cases to run: part of their name")
	serve       = flag.Bool("serve", false, "for the program itself: be the world of the only case")
)

// A benchCase is a state of the world and what status makes of it.
type benchCase struct {
	name, engine string
	// prepare brings the world from the state of the case before it into
	// its own.
	prepare func(*world) error
	args    []string
	exit    int
}

// cases are ordered so that each engine's follow each other.
var cases = []benchCase{
	{"no engine, all ready", "", (*world).rollOut, nil, 0},
	{"no engine, --wait at once", "", (*world).rollOut, []string{"--wait"}, 0},
	{"no engine, all failing", "", (*world).crash, nil, 5},
	{"Argo CD, all synced", "argocd", (*world).sync, nil, 0},
	{"Argo CD, all out of sync", "argocd", (*world).fallBehind, nil, 3},
	{"Flux, all synced", "flux", (*world).sync, nil, 0},
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("status: ")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("want the lading to measure")
	}
	if err := run(flag.Arg(0)); err != nil {
		log.Fatal(err)
	}
}

func run(lading string) error {
	lading, err := filepath.Abs(lading)
	if err != nil {
		return err
	}
	if *serve {
		at := slices.IndexFunc(cases, func(c benchCase) bool { return c.name == *only })
		return cases[at].serve(lading)
	}
	return measureAll(lading)
}

func measureAll(lading string) error {
	fmt.Printf("%d deployments, median of %d runs\n\n%9s %9s %9s  %s\n", *deployments, *runs, "wall", "cpu", "peak", "case")
	for _, c := range cases {
		if !strings.Contains(c.name, *only) {
			continue
		}
		if err := c.measure(lading); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

// serve is the world of a case until the standard input ends.
func (c benchCase) serve(lading string) error {
	w, err := newWorld(c.engine, lading)
	if err != nil {
		return err
	}
	defer w.close()
	if err := c.prepare(w); err != nil {
		return err
	}
	fmt.Println(w.dir)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// start starts the world of a case and returns its directory.
func (c benchCase) start(lading string) (dir string, stop func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.Command(self, "-serve", "-only", c.name, "-deployments", fmt.Sprint(*deployments), lading)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() error { return errors.Join(in.Close(), cmd.Wait()) }
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", nil, fmt.Errorf("preparing: %w", errors.Join(err, stop()))
	}
	return strings.TrimSpace(line), stop, nil
}

func (c benchCase) measure(lading string) (err error) {
	dir, stop, err := c.start(lading)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	var wall, cpu []time.Duration
	var most int64
	for range *runs {
		cmd := command(dir, append([]string{lading, "status", "--kubeconfig", "kubeconfig"}, c.args...)...)
		start := time.Now()
		if err := wants(cmd, c.exit); err != nil {
			return err
		}
		wall = append(wall, time.Since(start))
		cpu = append(cpu, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
		most = max(most, peak.Of(cmd.ProcessState))
	}
	slices.Sort(wall)
	slices.Sort(cpu)
	fmt.Printf("%7dms %7dms %7dMB  %s\n", wall[len(wall)/2].Milliseconds(), cpu[len(cpu)/2].Milliseconds(), most/1024, c.name)
	return nil
}

// wants runs a command that has to end with an exit status.
func wants(cmd *exec.Cmd, status int) error {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
		return err
	}
	if got := cmd.ProcessState.ExitCode(); got != status {
		text := out.Bytes()
		return fmt.Errorf("%s: exit status %d, want %d\n%s", strings.Join(cmd.Args, " "), got, status, text[:min(len(text), 2000)])
	}
	return nil
}

// command runs in a project, without the user's configuration of git.
func command(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_TERMINAL_PROMPT=0")
	return cmd
}
