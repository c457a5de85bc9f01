// Which directories an engine syncs together: each deployment by itself, or
// all of a namespace, or all of the environment.

package gitops

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/settings"
)

// An engine reads a group as one. Argo CD stops at 10 MB for the manifests of
// one application (reposerver.max.combined.directory.manifests.size) and Flux
// builds them as one kustomization in memory.
const (
	maxGroupObjects = 2000
	maxGroupBytes   = 8 << 20
)

// groupPath returns the template of the directory that holds a whole group and
// nothing else, empty for the root of the branch. It is the part of
// gitops.path before the first segment that tells deployments apart.
func (s *site) groupPath() (string, *settings.Problem) {
	inner := map[string][]string{
		byNamespace:   {"deployment", "id"},
		byEnvironment: {"deployment", "id", "namespace"},
	}[s.gitops.GroupBy]
	if inner == nil {
		return "", nil
	}
	segments := strings.Split(s.gitops.Path, "/")
	cut := slices.IndexFunc(segments, func(segment string) bool {
		return slices.ContainsFunc(inner, func(name string) bool { return names(segment, name) })
	})
	if cut < 0 {
		cut = len(segments) - 1
	}
	group := strings.Join(segments[:cut], "/")
	ofOne := names(group, "environment") || names(s.gitops.Branch, "environment")
	if !ofOne || s.gitops.GroupBy == byNamespace && !names(group, "namespace") {
		return "", s.wrong("gitops.group_by", fmt.Sprintf("is %s, and %q has no directory that holds a whole %s and nothing else",
			s.gitops.GroupBy, s.gitops.Path, s.gitops.GroupBy),
			"use group_by: deployment, or a gitops.path like {{environment}}/{{namespace}}/{{deployment}}")
	}
	return group, nil
}

// groupOf returns the group of a deployment: its key and its directory.
func (s *site) groupOf(r *resident) (unitKey, string) {
	template, _ := s.groupPath() // problems are told before anything is planned
	switch s.gitops.GroupBy {
	case byNamespace:
		return unitKey{byNamespace, r.namespace}, s.expandGroup(template, r.namespace)
	case byEnvironment:
		return unitKey{byEnvironment, ""}, s.expandGroup(template, "")
	}
	return unitKey{byDeployment, r.id}, r.path
}

func (s *site) expandGroup(template, namespace string) string {
	vars := environmentVariables(s.project, s.name())
	vars["namespace"] = escape(namespace)
	path, err := expand(template, vars)
	if err != nil || path == "" {
		return "."
	}
	return path
}

// skipped are the directories of a site's own objects that lie below a path.
func (s *site) skipped(path string) []string {
	var skip []string
	for _, dir := range []string{s.base + engineDir, s.base + sharedDir} {
		if path == "." {
			skip = append(skip, dir)
		} else if below, ok := strings.CutPrefix(dir, path+"/"); ok {
			skip = append(skip, below)
		}
	}
	return skip
}
