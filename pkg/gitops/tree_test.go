package gitops

import (
	"context"
	"io/fs"
	"strings"
	"testing"

	"github.com/lading-dev/lading/internal/gitrepo"
)

// What a repository gives is all that a plan can make use of.
var _ interface {
	Tree
	Comparer
	Prefetcher
} = (*gitrepo.Snapshot)(nil)

func TestPlanningIsLazyAndStopsWhenAsked(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, configMap("flags", "on")), churn(t, "")), nil)
	counting := &countingTree{mapTree: tree.with(mapTree{"other/a/b/c.yaml": "x"})}
	run := partOf(greet(t, configMap("flags", "off")))
	a, err := Layout(run)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewPlan(t.Context(), run, a.Branches[0], counting); err != nil {
		t.Fatal(err)
	}
	wantDiff(t, []string{".", "prod", "prod/ml", "prod/ml/greet"}, counting.listed)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewPlan(ctx, run, a.Branches[0], tree); err != context.Canceled {
		t.Errorf("error is %v, want %v", err, context.Canceled)
	}
}

// A tree that knows hashes is not asked for files that did not change.
func TestATreeMayCompareWithoutReading(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, configMap("flags", "on"))), nil)
	counting := &comparingTree{countingTree{mapTree: tree}}
	run := runOf(greet(t, configMap("flags", "off")))
	a, err := Layout(run)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPlan(t.Context(), run, a.Branches[0], counting)
	if err != nil {
		t.Fatal(err)
	}
	wantDiff(t, []string{"changed prod/ml/greet/configmap-flags.yaml", "ledger prod/ml/greet"}, actions(p))
	wantDiff(t, []string{greetDir + ".lading", greetDir + "configmap-flags.yaml"}, counting.read)
}

// Behind a network each file alone would be a round trip.
func TestATreeIsToldWhatWillBeRead(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, namespaceText+configMap("flags", "on")+configMap("limits", "1")), churn(t, ""),
		deployed(t, platform(), "dev", "other", "ml", "")), nil)
	remote := &remoteTree{t: t, mapTree: tree.with(mapTree{"big/notes.md": "x"}), here: make(map[string]bool)}
	run := runOf(greet(t, namespaceText+configMap("flags", "off")))
	a, err := Layout(run)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPlan(t.Context(), run, a.Branches[0], remote)
	if err != nil {
		t.Fatal(err)
	}
	wantDiff(t, actions(mustPlan(t, run, tree)), actions(p))
	wantDiff(t, 3, remote.trips)
	wantDiff(t, []string{
		"dev/ml/other/.lading",
		"prod/_shared/.lading-3k9x0q",
		"prod/ml/churn/.lading",
		"prod/ml/churn/deployment.yaml",
		"prod/ml/greet/.lading",
		"prod/ml/greet/configmap-flags.yaml",
		"prod/ml/greet/configmap-limits.yaml",
	}, sortedKeys(remote.here))
}

// A remoteTree complains when it is asked for a file that it was not told of.
type remoteTree struct {
	mapTree
	t     *testing.T
	here  map[string]bool
	trips int
}

func (r *remoteTree) Prefetch(dirs []string, files func(string) bool) error {
	r.trips++
	for name := range r.mapTree {
		for _, dir := range dirs {
			if (dir == "." || strings.HasPrefix(name, dir+"/")) && files(name) {
				r.here[name] = true
			}
		}
	}
	return nil
}

func (r *remoteTree) ReadFile(name string) ([]byte, error) {
	if !r.here[name] {
		r.t.Errorf("%s is read without notice", name)
	}
	return r.mapTree.ReadFile(name)
}

func (r *remoteTree) Same(name string, data []byte) (bool, error) {
	return r.mapTree[name] == string(data), nil
}

// A countingTree remembers what it was asked for.
type countingTree struct {
	mapTree
	listed, read []string
}

func (c *countingTree) ReadDir(name string) ([]fs.DirEntry, error) {
	c.listed = append(c.listed, name)
	return c.mapTree.ReadDir(name)
}

func (c *countingTree) ReadFile(name string) ([]byte, error) {
	c.read = append(c.read, name)
	return c.mapTree.ReadFile(name)
}

type comparingTree struct{ countingTree }

func (c *comparingTree) Same(name string, data []byte) (bool, error) {
	return c.mapTree[name] == string(data), nil
}
