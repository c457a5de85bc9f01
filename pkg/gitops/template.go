// Branch and path templates.

package gitops

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// A Destination is a branch of a repository.
type Destination struct {
	Repository string `json:"repository,omitempty"`
	Branch     string `json:"branch"`
}

// key is the same for all ways to spell one repository.
func (d Destination) key() string { return NormalizeURL(d.Repository) + "\x00" + d.Branch }

// templateVariables are the names that branch and path templates know, in the
// order in which errors list them.
var templateVariables = []string{"project", "environment", "namespace", "deployment", "id"}

var placeholder = regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`)

// variables holds the values of a template's variables. One that is missing
// has no value here.
type variables map[string]string

// variablesOf returns the variables of a deployment in its final namespace.
// Values are escaped as file names are, so that a template of one variable per
// path segment cannot make two directories one.
func variablesOf(r *settings.Resolved, namespace string) variables {
	v := environmentVariables(r.Project, r.EnvironmentName())
	v["namespace"] = escape(namespace)
	v["deployment"] = escape(manifest.K8sName(r.Name, 63))
	v["id"] = escape(r.ID)
	return v
}

func environmentVariables(p *settings.Project, environment string) variables {
	v := variables{"environment": escape(environment)}
	if p != nil {
		v["project"] = escape(p.Name)
	}
	return v
}

// finalNamespace is the namespace of the core Deployment after overlays. Where
// a custom template renders none it is the one that the settings name.
func finalNamespace(r *Rendered) string {
	for _, o := range r.Set.Objects() {
		if o.Kind() == "Deployment" && o.Group() == "apps" && o.Name() == r.Settings.ResourceName() {
			return o.Namespace()
		}
	}
	return r.Settings.Namespace
}

// names reports whether a template uses a variable.
func names(template, variable string) bool {
	for _, match := range placeholder.FindAllStringSubmatch(template, -1) {
		if match[1] == variable {
			return true
		}
	}
	return false
}

// expand replaces the variables of a template.
func expand(template string, vars variables) (string, error) {
	var problem error
	out := placeholder.ReplaceAllStringFunc(template, func(match string) string {
		name := placeholder.FindStringSubmatch(match)[1]
		value, ok := vars[name]
		if !ok && problem == nil {
			problem = missingVariable(name)
		}
		return value
	})
	if problem == nil && (strings.Contains(out, "{{") || strings.Contains(out, "}}")) {
		problem = fmt.Errorf("unbalanced braces in %q", template)
	}
	return out, problem
}

func missingVariable(name string) error {
	if slices.Contains(templateVariables, name) {
		return fmt.Errorf("{{%s}} has no value here", name)
	}
	return fmt.Errorf("unknown variable {{%s}}, want one of {{%s}}", name, strings.Join(templateVariables, "}}, {{"))
}

// directoryOf expands a path template and checks that the result stays inside
// the repository.
func directoryOf(template string, vars variables) (string, error) {
	dir, err := expand(template, vars)
	if err != nil {
		return "", err
	}
	for segment := range strings.SplitSeq(dir, "/") {
		if err := checkSegment(segment); err != nil {
			return "", fmt.Errorf("directory %q %w", dir, err)
		}
		if slices.Contains(reservedDirs, strings.ToLower(segment)) {
			return "", fmt.Errorf("directory %q has the segment %q, which lading keeps for itself", dir, segment)
		}
	}
	return dir, nil
}

func checkSegment(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("has an empty segment, want names separated by single slashes")
	case s == "." || s == "..":
		return fmt.Errorf("has the segment %q, want a directory below the root", s)
	case strings.EqualFold(s, ".git"):
		return fmt.Errorf("has the segment %q, which Git keeps for itself", s)
	case strings.HasPrefix(s, ledgerName):
		return fmt.Errorf("has the segment %q, want no directory named as a ledger", s)
	case strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f || c == '\\' }):
		return fmt.Errorf("has the segment %q, want no control characters or backslashes", s)
	}
	return nil
}

// branchOf expands a branch template and checks the result against the rules
// of https://git-scm.com/docs/git-check-ref-format.
func branchOf(template string, vars variables) (string, error) {
	branch, err := expand(template, vars)
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(branch, "-") || plumbing.NewBranchReferenceName(branch).Validate() != nil {
		return "", fmt.Errorf("%q is not a name that Git allows for a branch", branch)
	}
	return branch, nil
}
