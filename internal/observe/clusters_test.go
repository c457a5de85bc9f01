package observe

import (
	"context"
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
	c, err := connect(context.Background(), Options{
		Targets: targets,
		Cluster: func(e settings.EnvironmentSpec, _ settings.DeployerConfig) (*kube.Client, error) {
			return clients[e.Name], nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.all) != 2 || c.pods["ml"] != c.pods["prod"] || c.pods["ml"] == c.pods["agents"] {
		t.Errorf("got %d clusters, want one for ml and prod, and one for agents: %v", len(c.all), c.pods)
	}
}

func TestAnEngineThatCannotBeWatchedIsNotJudgedByAnOldList(t *testing.T) {
	t.Parallel()
	gone := status.NewLive(nil, []status.Gap{{Kind: "Application", Reason: status.Unreachable}})
	one := &cluster{engine: true, unwatched: gone, live: status.NewLive(nil, nil)}
	all := &clusters{engines: map[string]*cluster{"prod": one}, all: []*cluster{one}}
	if err := all.look(); err != nil {
		t.Fatal(err)
	}
	if one.live != gone {
		t.Error("a look goes by what a list once told")
	}
}
