// Flux: one Kustomization for each unit, and one that applies the
// Kustomizations. See https://fluxcd.io/flux/components/kustomize/kustomizations/
// and https://fluxcd.io/flux/components/source/gitrepositories/.

package gitops

import (
	"fmt"
	"strings"

	"github.com/lading-dev/lading/pkg/settings"
)

type flux struct{}

// How often Flux looks for new commits, puts drift right, and tries again what
// failed. New commits are applied when they are seen.
const (
	fluxPoll    = "1m"
	fluxRepair  = "10m"
	fluxRetry   = "1m"
	fluxTimeout = "10m"
)

// unit never substitutes variables and never moves objects to another
// namespace: what is in Git is what is applied.
func (flux) unit(s *site, u *unit) []map[string]any {
	source := s.sourceName()
	if len(u.skip) > 0 {
		source = s.nameOf(unitKey{sourceUnit, ""}, "")
	}
	k := kustomization(s, u.name, u.path, source, u.labels)
	spec := k["spec"].(map[string]any)
	if u.timeout > 0 {
		spec["timeout"] = fmt.Sprintf("%ds", u.timeout)
	}
	if u.needsShared && s.shared != "" {
		spec["dependsOn"] = []any{map[string]any{"name": s.shared}}
	}
	if secret := s.environment.Engine.KubeconfigSecret; secret != "" {
		spec["kubeConfig"] = map[string]any{"secretRef": map[string]any{"name": secret}}
	}
	if len(u.skip) == 0 {
		return []map[string]any{k}
	}
	return []map[string]any{k, gitRepository(s, source, ignoreRules(u))}
}

// root leaves what it applied where it is when it is deleted: who does that by
// mistake loses nothing else.
func (flux) root(s *site) []map[string]any {
	k := kustomization(s, s.rootName(), s.dir(), s.sourceName(), s.labels())
	k["spec"].(map[string]any)["deletionPolicy"] = "Orphan"
	return []map[string]any{gitRepository(s, s.sourceName(), ""), k}
}

// problem: without a kubeconfig Flux applies to the cluster that it runs in.
func (flux) problem(s *site) *settings.Problem {
	e, c := s.environment.Engine, s.environment.Cluster
	if e.Context != "" && e.Context != c.Context && e.KubeconfigSecret == "" {
		return s.wrong("engine.kubeconfig_secret", fmt.Sprintf("is missing: Flux runs in the cluster of context %q and would apply there, not to %q", e.Context, c.Context),
			"name the Secret in Flux's namespace that holds a kubeconfig of the environment's cluster under the key value")
	}
	if url := asSSH(s.url); !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "ssh://") {
		return s.wrong("gitops.url", fmt.Sprintf("is %q, want https:// or ssh://, which is what Flux reads", s.url), "")
	}
	return nil
}

func kustomization(s *site, name, path, source string, labels map[string]any) map[string]any {
	return map[string]any{
		"apiVersion": "kustomize.toolkit.fluxcd.io/v1",
		"kind":       "Kustomization",
		"metadata":   map[string]any{"name": name, "namespace": s.namespace, "labels": labels},
		"spec": map[string]any{
			"interval":      fluxRepair,
			"retryInterval": fluxRetry,
			"timeout":       fluxTimeout,
			"path":          "./" + strings.TrimPrefix(path, "."),
			"prune":         true,
			"wait":          false,
			"sourceRef":     map[string]any{"kind": "GitRepository", "name": source},
		},
	}
}

func gitRepository(s *site, name, ignore string) map[string]any {
	spec := map[string]any{
		"interval": fluxPoll,
		"url":      asSSH(s.url),
		"ref":      map[string]any{"branch": s.branch},
	}
	if secret := s.environment.Engine.RepositorySecret; secret != "" {
		spec["secretRef"] = map[string]any{"name": secret}
	}
	if ignore != "" {
		spec["ignore"] = ignore
	}
	return map[string]any{
		"apiVersion": "source.toolkit.fluxcd.io/v1",
		"kind":       "GitRepository",
		"metadata":   map[string]any{"name": name, "namespace": s.namespace},
		"spec":       spec,
	}
}

// ignoreRules leave out of a source what other objects sync.
func ignoreRules(u *unit) string {
	var b strings.Builder
	for _, dir := range u.skip {
		b.WriteString("/" + strings.TrimPrefix(u.path+"/", "./") + dir + "/\n")
	}
	return b.String()
}
