//go:build e2e

package e2e

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lading-dev/lading/internal/gittest"
)

func TestStatusFollowsADeploymentThroughItsLife(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		p := newSync(t, e, "life", syncOptions{})
		p.deployment(t, "web", "app", "memory: 256MiB")
		p.publish(t)
		p.until(t, "web", "NotSynced EngineObjectMissing")

		p.bootstrap(t)
		p.wait(t, "web").end(t).wants(t, "Ready").isAt(t, p.tip(t, "main"))

		p.deployment(t, "web", "app", "memory: 512MiB")
		p.publish(t)
		second := p.tip(t, "main")
		w := p.wait(t, "web")
		// An engine that looks by itself may have been quicker.
		if got := p.status(t, "web"); got.Phase != "NotSynced" && got.Sync.Revision != second {
			t.Errorf("right after publish, status says:\n%s", got.result.stdout)
		}
		w.end(t).wants(t, "Ready").isAt(t, second)
		if got := p.live(t, "web", ".spec.template.spec.containers[0].resources.limits.memory"); got != "512Mi" {
			t.Errorf("Ready, and the live Deployment has %s of memory", got)
		}

		p.withoutTheEngine(t, "web")

		p.must(t, "delete", "web", "--env", p.env)
		p.wait(t, "web").end(t).wants(t, "Gone")
		left := kubectl(t, "get", "deployments,services,pods", "-n", p.env, "-o", "name") +
			kubectl(t, "get", e.units, "-n", e.namespace, "-l", "lading.dev/deployment=web,lading.dev/environment="+p.env, "-o", "name")
		if left != "" {
			t.Errorf("Gone, and there is still:\n%s", left)
		}
	})
}

// The other tests tell engines to look. Flux looks once a minute, which is too
// long for a test.
func TestArgoCDSeesWhatIsPublishedByItself(t *testing.T) {
	t.Parallel()
	p := newSync(t, argoCD, "unasked", syncOptions{})
	p.deployment(t, "web", "app", "memory: 256MiB")
	p.start(t, "web")
	p.deployment(t, "web", "app", "memory: 512MiB")
	p.publish(t)
	p.must(t, "status", "web", "--env", p.env, "--wait", "--sync-timeout", "2m")
}

// isAt fails the test where the commit is not the one that was looked for, and
// that the engine is at.
func (got told) isAt(t *testing.T, commit string) {
	t.Helper()
	if got.Commit != commit || got.Sync.Revision != commit {
		t.Errorf("commit %s, and the engine is at %s; want %s", got.Commit, got.Sync.Revision, commit)
	}
}

// withoutTheEngine asks as somebody who may read what `lading rbac` names, and
// then without the engine's objects.
func (p syncProject) withoutTheEngine(t *testing.T, name string) {
	t.Helper()
	kubectl(t, "create", "serviceaccount", "reader", "-n", p.env)
	roles := p.must(t, "rbac", "--env", p.env, "--for", "status", "--service-account", p.env+"/reader")
	if err := shared.ApplyText(t.Context(), roles); err != nil {
		t.Fatal(err)
	}
	p.kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	server := kubectl(t, "config", "view", "-o", "jsonpath={.clusters[0].cluster.server}")
	authority := filepath.Join(t.TempDir(), "ca.crt")
	data, err := base64.StdEncoding.DecodeString(kubectl(t, "config", "view", "--raw", "-o", "jsonpath={.clusters[0].cluster.certificate-authority-data}"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(authority, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"set-cluster", "c", "--server=" + server, "--certificate-authority=" + authority},
		{"set-credentials", "u", "--token=" + kubectl(t, "create", "token", "reader", "-n", p.env)},
		{"set-context", "c", "--cluster=c", "--user=u"},
		{"use-context", "c"},
	} {
		kubectl(t, append([]string{"config", "--kubeconfig=" + p.kubeconfig}, args...)...)
	}
	got := p.status(t, name).wants(t, "Ready")
	got.isAt(t, p.tip(t, "main"))
	if len(got.Warnings) > 0 || got.result.stderr != "" {
		t.Errorf("with the permissions of lading rbac it warns:\n%s%s", got.result.stdout, got.result.stderr)
	}

	kubectl(t, "delete", "rolebinding", "lading-status-"+p.env+"-engine", "-n", p.e.namespace)
	eventually(t, "live objects are compared", func() string {
		got := p.status(t, name).wants(t, "Ready")
		return yesIf(fmt.Sprint(strings.Contains(got.result.stdout, "which proves less")), "true")
	})
}

func TestAWaitIsForWhatItBeganWith(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		p := newSync(t, e, "newer", syncOptions{})
		p.deployment(t, "web", "unready", "")
		p.start(t)
		first := p.tip(t, "main")
		p.until(t, "web", "Progressing PodStarting")

		w := p.wait(t, "web")
		p.deployment(t, "web", "app", "")
		p.publish(t)
		if got := w.end(t).wants(t, "Superseded RevisionSuperseded"); got.Commit != first {
			t.Errorf("waited for %s, want %s", got.Commit, first)
		}
		p.until(t, "web", "Ready")
	})
}

// Only a deployment's own content counts, and only its own objects.
func TestOthersDoNotChangeWhatIsReady(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		p := newSync(t, e, "others", syncOptions{gitops: ", group_by: environment"})
		for _, name := range []string{"drifts", "sick", "web"} {
			p.deployment(t, name, "app", "")
		}
		p.start(t, "drifts", "sick", "web")

		// A review branch is squashed into one commit with another name.
		p.deployment(t, "web", "app", "memory: 512MiB")
		review := p.propose(t, "review", 7)
		p.status(t, "web").wants(t, "Ready")
		p.until(t, "web", "NotSynced NotMerged", "--revision", "review")
		w := p.wait(t, "web", "--revision", "#7")
		merged := gittest.Git(t, p.repository(), "commit-tree", "-p", "main", "-m", "squashed", "review^{tree}")
		gittest.Git(t, p.repository(), "update-ref", "refs/heads/main", merged)
		if got := w.end(t).wants(t, "Ready"); got.Sync.Revision != merged {
			t.Errorf("the engine is at %s, want %s, which is %s squashed", got.Sync.Revision, merged, review)
		}
		p.until(t, "web", "Ready", "--revision", review)

		// Others commit to other directories.
		for i := range 10 {
			gittest.Commit(t, p.repository(), "main", "foreign", map[string]string{fmt.Sprintf("elsewhere/%d.yaml", i): "a: 1\n"})
		}
		p.until(t, "web", "Ready")

		// A neighbour in the same engine object does not get ready, another
		// differs from what is committed.
		p.deployment(t, "sick", "no-such", "")
		p.publish(t)
		p.until(t, "sick", "Failed ImageNotFound")
		p.drift(t, "drifts")
		p.until(t, "web", "Ready")
	})
}

// propose brings what the settings render to a branch for review, as a forge has
// it for a pull request, and returns its commit.
func (p syncProject) propose(t *testing.T, branch string, number int) string {
	t.Helper()
	fork := filepath.Join(t.TempDir(), "fork.git")
	gittest.Git(t, p.dir, "clone", "--quiet", "--bare", p.repository(), fork)
	p.publish(t, "--repository", fork)
	gittest.Git(t, fork, "push", "--quiet", p.repository(), "main:"+branch, fmt.Sprintf("main:refs/pull/%d/head", number))
	return p.tip(t, branch)
}

// drift changes a live Deployment by hand, and lets the engine leave it so.
func (p syncProject) drift(t *testing.T, name string) {
	t.Helper()
	change := func() {
		kubectl(t, "set", "image", "deployments", "-n", p.env, "-l", "zenml-deployment-name="+name, "*=registry.example.com/app:by-hand")
	}
	if p.e.kind == "flux" { // which says nothing of drift
		change()
		return
	}
	p.patch(t, "applications/"+p.root(t), `{"spec":{"syncPolicy":{"automated":null}}}`)
	unit := strings.Fields(kubectl(t, "get", p.e.units, "-n", p.e.namespace, "-l", "lading.dev/environment="+p.env, "-o", `jsonpath={.items[?(@.spec.source.path=="`+p.env+`")].metadata.name}`))
	p.patch(t, "applications/"+unit[0], `{"spec":{"syncPolicy":{"automated":{"selfHeal":false}}}}`)
	change()
	p.until(t, name, "NotSynced DriftedFromSynced")
}
