package observe

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/internal/kube/kubetest"
	"github.com/lading-dev/lading/pkg/settings"
	"github.com/lading-dev/lading/pkg/status"
)

// clustersOf begins a server for each environment, with a deployment that was
// deleted and is gone in each of the namespaces.
func clustersOf(t *testing.T, environments []string, namespaces ...string) (*Looker, map[string]*kubetest.Server) {
	t.Helper()
	clients, servers := make(map[string]*kube.Client), make(map[string]*kubetest.Server)
	var targets []*committed.Target
	for _, name := range environments {
		servers[name] = kubetest.New(t, kubetest.Options{})
		file, err := servers[name].WriteKubeconfig(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if clients[name], err = kube.Connect(kube.Options{Kubeconfig: file, Environment: name}); err != nil {
			t.Fatal(err)
		}
		for _, namespace := range namespaces {
			one := targetOf(t, strings.ReplaceAll(coreObjects, "namespace: ml", "namespace: "+namespace))
			one.Environment, one.EnvironmentSpec.Name, one.Deleted = name, name, true
			one.Branch = &committed.Branch{Name: "main"}
			targets = append(targets, one)
		}
	}
	l, err := New(Options{Targets: targets, Now: time.Now, Warn: func(string) {}, Cluster: func(e settings.EnvironmentSpec, _ settings.DeployerConfig) (*kube.Client, error) {
		return clients[e.Name], nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	l.clusters.pace = pace{first: 2 * time.Second, retry: 10 * time.Millisecond, slow: 20 * time.Millisecond}
	t.Cleanup(l.Close)
	return l, servers
}

func hangsOn(ending string) kubetest.Fault {
	return kubetest.Fault{Hang: true, Match: func(_, path string) bool { return strings.HasSuffix(path, ending) }}
}

func TestAClusterThatIsSilentHidesNoOther(t *testing.T) {
	t.Parallel()
	l, servers := clustersOf(t, []string{"a", "b"}, "ml")
	servers["b"].Fail(hangsOn("/pods"))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for range 2 {
		reports, err := l.Look(ctx)
		if err != nil {
			t.Fatal(err)
		}
		a, b := reports[0], reports[1]
		if a.Phase != status.Gone || b.Phase != status.Unknown || b.Reason != status.Unreachable || b.Final || !strings.Contains(b.Message, "has not answered yet") {
			t.Errorf("a is %s; b is %s %s, final %v: %s", a.Phase, b.Phase, b.Reason, b.Final, b.Message)
		}
	}
}

func TestAClusterThatIsSilentIsNamed(t *testing.T) {
	t.Parallel()
	l, servers := clustersOf(t, []string{"a"}, "ml")
	servers["a"].Fail(kubetest.Fault{Hang: true})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err := l.Look(ctx)
	var known *kube.Error
	if !errors.As(err, &known) || known.Cluster == "" || !known.Temporary() {
		t.Errorf("got %v", err)
	}
}

func TestAClusterIsWatchedOnceItsCredentialIsTaken(t *testing.T) {
	t.Parallel()
	l, servers := clustersOf(t, []string{"a", "b"}, "ml")
	servers["b"].Fail(kubetest.Fault{Refusal: kubetest.Refusal{Status: 401, Reason: "Unauthorized"}})
	phase := func() status.Phase {
		reports, err := l.Look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return reports[1].Phase
	}
	if got := phase(); got != status.Unknown {
		t.Errorf("before: %s", got)
	}
	servers["b"].Heal()
	for range 500 {
		if phase() == status.Gone {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("after: still %s", phase())
}

// So many namespaces that it is asked what is allowed.
func TestAListDoesNotWaitForAWatch(t *testing.T) {
	t.Parallel()
	l, servers := clustersOf(t, []string{"a"}, "n1", "n2", "n3", "n4", "n5", "n6")
	servers["a"].Fail(hangsOn("/selfsubjectaccessreviews"))
	_, _ = l.Look(t.Context()) // the watch asks, and goes on asking
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = l.Confirm(ctx)
	}()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the context of a list that waits for a watch does not end it")
	}
}
