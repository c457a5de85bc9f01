// Which engine object of a branch syncs a directory.

package gitops

import (
	"cmp"
	"context"
	"path"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// EngineUnits are the engine objects of an environment that a branch has, by
// the directory that each of them syncs.
type EngineUnits struct{ byPath map[string]*manifest.Object }

// ReadEngineUnits reads the engine objects that sync some deployments and the
// shared objects of their environment; those of other deployments are passed
// over where their files tell.
func ReadEngineUnits(ctx context.Context, present Tree, environment string, g settings.GitOps, deployed []*Deployed) (*EngineUnits, error) {
	dir := EngineDirectory(environment, g)
	v := newView(present)
	if what, _, err := v.look(dir); what != folder || err != nil {
		return &EngineUnits{}, err
	}
	entries, err := v.list(dir)
	if err != nil {
		return nil, err
	}
	wanted := make(map[string]bool, len(deployed))
	for _, d := range deployed {
		wanted[unitKey{byDeployment, d.Ledger.ID}.file()] = true
	}
	var files []string
	for _, name := range sortedKeys(entries) {
		isOther := unitOf(name).kind == byDeployment && !wanted[name]
		if kindOf(entries[name]) == regular && strings.HasSuffix(name, ".yaml") && !isOther {
			files = append(files, path.Join(dir, name))
		}
	}
	objects, err := ReadObjects(present, files)
	if err != nil {
		return nil, err
	}
	units := &EngineUnits{byPath: make(map[string]*manifest.Object)}
	for _, file := range files {
		if o := objects[file]; o != nil {
			units.add(o)
		}
	}
	return units, ctx.Err()
}

func (u *EngineUnits) add(o *manifest.Object) {
	if at, ok := SyncedPath(o); ok {
		u.byPath[at] = o
	}
}

// SyncedPath returns the directory that an engine object syncs, "." for the
// root of the branch; ok is false for objects that sync nothing.
func SyncedPath(o *manifest.Object) (dir string, ok bool) {
	var at any
	switch o.Kind() + "." + o.Group() {
	case "Application.argoproj.io":
		at, ok = o.Field("spec", "source", "path")
	case "Kustomization.kustomize.toolkit.fluxcd.io":
		at, _ = o.Field("spec", "path") // without one, the root of the source
		ok = true
	}
	return path.Clean(cmp.Or(text(at), ".")), ok
}

// Of returns the engine object that syncs a directory: that of the directory
// itself, else of the nearest one above, nil where there is none.
func (u *EngineUnits) Of(dir string) *manifest.Object {
	for at := path.Clean(dir); ; at = path.Dir(at) {
		if o := u.byPath[at]; o != nil || at == "." {
			return o
		}
	}
}

// Exactly returns the engine object of the directory itself, nil where there is
// none.
func (u *EngineUnits) Exactly(dir string) *manifest.Object { return u.byPath[path.Clean(dir)] }
