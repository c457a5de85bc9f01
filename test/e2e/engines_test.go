//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lading-dev/lading/internal/gittest"
)

// An engine under test: how to ask it to look at Git now, since it looks by
// itself once a minute, and how it says that all is well.
type engine struct {
	kind, namespace string
	units           string // kind of the objects that sync one deployment
	settings        string
	nudge           func(t *testing.T)
	// jsonpaths for what it says about a unit, and what that should be
	synced, isSynced   string
	healthy, isHealthy string
}

var flux = engine{
	kind: "flux", namespace: "flux-system", units: "kustomizations.kustomize.toolkit.fluxcd.io",
	settings: "{kind: flux}",
	nudge: func(t *testing.T) {
		now := "reconcile.fluxcd.io/requestedAt=" + time.Now().Format(time.RFC3339Nano)
		kubectl(t, "annotate", "--overwrite", "--all", "-n", "flux-system", "gitrepositories.source.toolkit.fluxcd.io", now)
	},
	synced: `{.status.conditions[?(@.type=="Ready")].status}`, isSynced: "True",
	healthy: `{.status.conditions[?(@.type=="Ready")].reason}`, isHealthy: "ReconciliationSucceeded",
}

var argoCD = engine{
	kind: "argocd", namespace: "argocd", units: "applications.argoproj.io",
	settings: "{kind: argocd, destination: in-cluster}",
	nudge: func(t *testing.T) {
		kubectl(t, "annotate", "--overwrite", "--all", "-n", "argocd", "applications.argoproj.io", "argocd.argoproj.io/refresh=normal")
	},
	synced: `{.status.sync.status}`, isSynced: "Synced",
	healthy: `{.status.health.status}`, isHealthy: "Healthy",
}

func TestFluxSyncsWhatIsPublishedAndRemovesWhatIsDeleted(t *testing.T) { roundTrip(t, flux) }

func TestArgoCDSyncsWhatIsPublishedAndRemovesWhatIsDeleted(t *testing.T) { roundTrip(t, argoCD) }

// namespaces are those of the example deployments.
var namespaces = map[string]string{"churn-predictor": "production", "greet": "my-namespace", "support-agent": "agents"}

// roundTrip is the life of the example project with an engine: publish and
// bootstrap, change a setting, delete one deployment after the other.
func roundTrip(t *testing.T, e engine) {
	p := exampleProject(t, e)
	p.must(t, "publish", "--env", "dev")
	apply(t, e.namespace, p.must(t, "bootstrap", "--env", "dev"))
	for _, ns := range namespaces {
		e.waitForAvailable(t, ns+"-"+e.kind)
	}
	e.waitForUnits(t)

	p.change(t, "deployments/greet/deployment.yaml", "memory: 2GB", "memory: 3GB")
	p.must(t, "publish", "--env", "dev")
	e.nudge(t)
	eventually(t, "greet has more memory", func() string {
		return yesIf(kubectl(t, "get", "deployments", "-n", "my-namespace-"+e.kind, "-o", "jsonpath={.items[*].spec.template.spec.containers[*].resources.limits.memory}"), "2861Mi")
	})
	e.waitForUnits(t)

	for _, name := range []string{"greet", "support_agent", "Churn Predictor"} {
		p.must(t, "delete", name, "--env", "dev")
	}
	e.nudge(t)
	eventually(t, "everything is removed", func() string {
		left := ""
		for _, ns := range namespaces {
			left += kubectl(t, "get", "deployments,services,configmaps,hpa,ingresses,pdb", "-n", ns+"-"+e.kind, "-o", "name", "--field-selector", "metadata.name!=kube-root-ca.crt")
		}
		units := kubectl(t, "get", e.units, "-n", e.namespace, "-l", "lading.dev/deployment", "-o", "name")
		return yesIf(strings.TrimSpace(left+"\n"+units), "")
	})
}

func yesIf(got, want string) string {
	if got == want {
		return "yes"
	}
	return fmt.Sprintf("%q, want %q", got, want)
}

func (e engine) waitForAvailable(t *testing.T, namespace string) {
	t.Helper()
	eventually(t, "the deployment in "+namespace+" is available", func() string {
		out, err := shared.Kubectl(t.Context(), "get", "deployments", "-n", namespace, "-o", `jsonpath={.items[*].status.conditions[?(@.type=="Available")].status}`)
		if err != nil {
			return err.Error()
		}
		if string(out) != "True" {
			return string(out) + "\n" + kubectl(t, "get", e.units, "-n", e.namespace, "-o", "wide")
		}
		return "yes"
	})
}

// waitForUnits waits until the engine says that it synced everything, and that
// greet is healthy. It may say otherwise of support_agent, whose autoscaler
// finds no metrics in this cluster.
func (e engine) waitForUnits(t *testing.T) {
	t.Helper()
	eventually(t, "the engine synced everything", func() string {
		out := kubectl(t, "get", e.units, "-n", e.namespace, "-o", `jsonpath={range .items[*]}{.metadata.name} `+e.synced+`{"\n"}{end}`)
		lines := strings.Split(out, "\n")
		for _, line := range lines {
			if !strings.HasSuffix(line, " "+e.isSynced) {
				return out
			}
		}
		return yesIf(fmt.Sprint(len(lines)), "5") // root, shared, and three deployments
	})
	eventually(t, "the engine finds greet healthy", func() string {
		return yesIf(kubectl(t, "get", e.units, "-n", e.namespace, "-l", "lading.dev/deployment=greet", "-o", "jsonpath={.items[*]"+strings.Trim(e.healthy, "{}")+"}"), e.isHealthy)
	})
}

// exampleProject is a copy of the examples, in namespaces of its own, that is
// published to a repository of the cluster's Git server.
func exampleProject(t *testing.T, e engine) project {
	t.Helper()
	url, err := shared.NewRepository(e.kind + ".git")
	if err != nil {
		t.Fatal(err)
	}
	p := project{t.TempDir()}
	if err := os.CopyFS(p.dir, os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	gittest.Git(t, p.dir, "init", "--quiet")
	p.change(t, "lading.yaml", "https://git.example.com/platform/rendered.git", url)
	p.change(t, "lading.yaml", "cluster: {name: dev}", "cluster: {name: dev}\n      engine: "+e.settings)
	for name, ns := range namespaces {
		p.change(t, "deployments/"+name+"/deployment.yaml", "namespace: "+ns, "namespace: "+ns+"-"+e.kind)
	}
	return p
}
