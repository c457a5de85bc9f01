package observe

import (
	"context"
	"errors"
	"testing"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/settings"
	"github.com/lading-dev/lading/pkg/status"
)

func TestEnvironmentsOfOneClientAreReadTogether(t *testing.T) {
	t.Parallel()
	one, other := &kube.Client{}, &kube.Client{}
	clients := map[string]*kube.Client{"ml": one, "agents": other, "prod": one}
	var targets []*committed.Target
	for name := range clients {
		t := targetOf(t, coreObjects)
		t.Environment, t.EnvironmentSpec.Name = name, name
		targets = append(targets, t)
	}
	c, err := connect(Options{
		Targets: targets,
		Cluster: func(e settings.EnvironmentSpec, _ settings.DeployerConfig) (*kube.Client, error) {
			return clients[e.Name], nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if of := c.pods.of; len(c.all()) != 2 || of["ml"] != of["prod"] || of["ml"] == of["agents"] {
		t.Errorf("got %d clusters, want one for ml and prod, and one for agents: %v", len(c.all()), of)
	}
}

func TestAnEngineThatIsNotWatchedIsNotJudgedByAnOldList(t *testing.T) {
	t.Parallel()
	one := &cluster{engine: true, live: status.NewLive(nil, nil), watch: &watch{err: &kube.Error{Problem: kube.Unreachable}}}
	one.targets = []*committed.Target{{Target: status.Target{Environment: "prod"}, EnvironmentSpec: settings.EnvironmentSpec{Engine: settings.Engine{Kind: "argocd"}}}}
	all := &clusters{engines: side{all: []*cluster{one}}}
	if err := all.look(); err != nil {
		t.Fatal(err)
	}
	if gap := one.live.Gap("argoproj.io", "Application", "argocd"); gap == nil || gap.Reason != status.Unreachable {
		t.Errorf("a look goes by what a list once told: %v", gap)
	}
}

// What cannot pass ends a wait, so it must be the first of several errors.
func TestNothingIsReadOnlyWhereNoClusterIs(t *testing.T) {
	t.Parallel()
	away, closed := &kube.Error{Problem: kube.Unreachable}, &kube.Error{Problem: kube.Unauthorized}
	two := side{all: []*cluster{{}, {}}}
	engine := side{all: []*cluster{{engine: true}}}
	for name, c := range map[string]struct {
		side side
		errs []error
		want error
	}{
		"all is well":             {two, []error{nil, nil}, nil},
		"one is away":             {two, []error{away, nil}, nil},
		"both are away":           {two, []error{away, away}, away},
		"one is away, one closed": {two, []error{away, closed}, closed},
		"an engine is closed":     {engine, []error{closed}, nil},
		"the run was stopped":     {engine, []error{context.Canceled}, context.Canceled},
		"there are no engines":    {side{}, nil, nil},
	} {
		err := c.side.failure(c.errs)
		var first *kube.Error
		if errors.As(err, &first); c.want == nil && err != nil || !errors.Is(err, c.want) || first != nil && first != c.want {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func TestWhatCannotPassIsFinal(t *testing.T) {
	t.Parallel()
	for problem, want := range map[kube.Problem]status.Gap{
		kube.Unreachable:  {Reason: status.Unreachable},
		kube.Busy:         {Reason: status.Unreachable},
		kube.Untrusted:    {Reason: status.Unreachable, Final: true},
		kube.Plugin:       {Reason: status.Unreachable, Final: true},
		kube.Unauthorized: {Reason: status.Forbidden, Final: true},
		kube.Forbidden:    {Reason: status.Forbidden, Final: true},
	} {
		if got := status.Lost(&kube.Error{Problem: problem}); got != want {
			t.Errorf("problem %d: got %+v, want %+v", problem, got, want)
		}
	}
}
