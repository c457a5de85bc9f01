package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary is also the process that gets killed.
const parentVariable = "LADING_CLUSTER_TEST_PARENT"

func TestMain(m *testing.M) {
	if dir := os.Getenv(parentVariable); dir != "" {
		beParent(dir)
	}
	os.Exit(m.Run())
}

// beParent starts a component, says which process that is, and waits.
func beParent(dir string) {
	c := newTestCluster(dir)
	p := sleeper("sleep")
	if err := c.launch(context.Background(), p); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(p.cmd.Process.Pid)
	runtime.GC()
	time.Sleep(time.Minute)
}

func newTestCluster(dir string) *Cluster {
	_ = os.MkdirAll(filepath.Join(dir, "log"), 0o700)
	return &Cluster{dir: dir, spawner: newSpawner(), died: make(chan error, 16)}
}

func sleeper(name string) *component {
	return &component{name: name, program: "/bin/sleep", args: []string{"60"}}
}

func TestNothingOutlivesAProcessThatIsKilled(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux can promise it")
	}
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), parentVariable+"="+t.TempDir())
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	child, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("the parent says %q", line)
	}
	if !alive(child) {
		t.Fatal("the component does not run")
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	for range 200 {
		if !alive(child) {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Errorf("process %d outlives its parent", child)
}

// alive also takes the dead for gone whom nobody has waited for yet.
func alive(pid int) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(data), ") Z ")
}

func TestComponentsStopAndStart(t *testing.T) {
	t.Parallel()
	c := newTestCluster(t.TempDir())
	defer c.Close()
	if err := c.launch(t.Context(), sleeper("a"), sleeper("b")); err != nil {
		t.Fatal(err)
	}
	if err := c.StopComponent("a"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-c.Died():
		t.Errorf("a component that was stopped died: %v", err)
	default:
	}
	if err := c.StartComponent(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if err := c.StartComponent(t.Context(), "a"); err == nil || err.Error() != "a is running" {
		t.Errorf("starting what runs: %v", err)
	}
	if err := c.StopComponent("c"); err == nil || err.Error() != `no component "c", there are a, b` {
		t.Errorf("stopping what is not there: %v", err)
	}
}

func TestComponentThatFailsShowsTheEndOfItsLog(t *testing.T) {
	t.Parallel()
	c := newTestCluster(t.TempDir())
	defer c.Close()
	p := &component{name: "a", program: "/bin/sh", args: []string{"-c", "echo bind: address already in use; exit 3"},
		ready: func(context.Context) bool { return false }}
	err := c.launch(t.Context(), p)
	if !errors.Is(err, errPortTaken) || !strings.Contains(err.Error(), "a exited while starting: exit status 3") {
		t.Errorf("launch: %v", err)
	}
}

func TestDirectoryBelongsToOneCluster(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir+"/left", "by another")
	first, second := &Cluster{spawner: newSpawner()}, &Cluster{spawner: newSpawner()}
	if err := first.claim(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir + "/left"); err == nil {
		t.Error("what another cluster left is still there")
	}
	if err := second.claim(dir); err == nil || !strings.Contains(err.Error(), "one runs already: export KUBECONFIG="+dir) {
		t.Errorf("the second cluster: %v", err)
	}
	if err := errors.Join(second.Close(), first.Close()); err != nil {
		t.Fatal(err)
	}
	third := &Cluster{spawner: newSpawner()}
	defer third.Close()
	if err := third.claim(dir); err != nil {
		t.Errorf("after the first was closed: %v", err)
	}
}

func TestComponentThatDiesIsReported(t *testing.T) {
	t.Parallel()
	c := newTestCluster(t.TempDir())
	defer c.Close()
	p := sleeper("a")
	if err := c.launch(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(p.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-c.Died():
		if !strings.Contains(err.Error(), "a exited: signal: killed") {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("nobody says that it died")
	}
}
