// What ought to be live: deployments as a branch has them, with what the
// settings say about waiting for them.

package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/internal/nearest"
	"github.com/lading-dev/lading/pkg/gitops"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
	"github.com/lading-dev/lading/pkg/status"
)

// targetFlags choose deployments that were committed, and say how to reach the
// clusters in which they ought to be.
type targetFlags struct {
	locationFlags
	clusterFlags
	files, environments, allowPaths []string
	project, selector, revision     string
	noProject                       bool

	// health are the project's own rules.
	health []settings.HealthCheck
	// repositories are open as long as the command runs.
	repositories map[string]*gitrepo.Repo
	branches     map[gitops.Destination]*statusBranch
}

func (f *targetFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.files, "filename", "f", nil, "settings file or directory: its deployments (repeatable)")
	flags.StringVar(&f.project, "project", "", "project file or its directory (default: searched upward)")
	flags.BoolVar(&f.noProject, "no-project", false, "ignore any project file")
	flags.StringArrayVar(&f.environments, "env", nil, "environment (repeatable, default: all)")
	flags.StringVarP(&f.selector, "selector", "l", "", "select deployments by their labels, as in team=ml,tier!=test")
	flags.StringArrayVar(&f.allowPaths, "allow-path", nil, "directory outside the project that settings may read (repeatable)")
	flags.StringVar(&f.revision, "revision", "", "what ought to be live: a commit, branch or tag, or the number of a pull request (default: the tip of the branch)")
	f.locationFlags.add(cmd)
	f.clusterFlags.add(cmd)
	cmd.MarkFlagsMutuallyExclusive("project", "no-project")
}

// A statusTarget is a deployment in an environment, as a commit has it.
type statusTarget struct {
	status.Target
	// namespace is that of the core objects.
	namespace string
	// environment and config are the settings of the environment; empty
	// without a project.
	environment settings.EnvironmentSpec
	config      settings.DeployerConfig
	// resolved is nil where the settings do not have the deployment.
	resolved *settings.Resolved
	deployed *gitops.Deployed
	// dir is its directory, branch where that lies.
	dir    string
	branch *statusBranch
	// revision says what it is compared with where that is not the tip.
	revision string
	// shared are the shared objects that it needs.
	shared []*manifest.Object
	// unit and sharedUnit are the engine's objects that sync the directory and
	// the shared objects, as they were committed; nil where there are none.
	unit, sharedUnit *manifest.Object
	// history and sharedHistory tell how a commit stands to the content of
	// the directory and of the shared objects.
	history, sharedHistory status.History
	content, sharedContent *statusContent
}

// interval is how often a cluster is looked at that cannot be watched.
func (t *statusTarget) interval() time.Duration {
	seconds := 2
	if t.resolved != nil {
		seconds = t.resolved.Spec.Settings.Deployer.DeploymentReadyCheckInterval
	}
	return time.Duration(seconds) * time.Second
}

// probePath is the path that answers 200 where the deployment serves.
func (t *statusTarget) probePath() string {
	if t.resolved != nil {
		return t.resolved.Spec.Settings.Deployer.ReadinessProbePath
	}
	for _, o := range t.Objects {
		if at, ok := probeOf(o); ok && o.Name() == t.ResourceName {
			return at
		}
	}
	return "/api/health"
}

// probeOf reads the readiness probe of a Deployment.
func probeOf(o *manifest.Object) (string, bool) {
	if o.Kind() != "Deployment" {
		return "", false
	}
	containers, _ := o.Field("spec", "template", "spec", "containers")
	list, _ := containers.([]any)
	for _, c := range list {
		body, _ := c.(map[string]any)
		at, ok := (&manifest.Object{Body: body}).Field("readinessProbe", "httpGet", "path")
		if text, isText := at.(string); ok && isText {
			return text, true
		}
	}
	return "", false
}

// close ends what targets opened.
func (f *targetFlags) close() {
	for _, repo := range f.repositories {
		_ = repo.Close() // temporary files at worst
	}
	f.repositories, f.branches = nil, nil
}

// targets reads the deployments with these names, all where there are none,
// from the branches of their environments, in the order of environments and
// then of names. The repositories stay open until close.
func (f *targetFlags) targets(ctx context.Context, env *Env, names []string) ([]*statusTarget, error) {
	s, err := f.settings(env)
	if err != nil {
		return nil, err
	}
	if s.project != nil {
		f.health = s.project.Spec.Health
	}
	f.repositories, f.branches = make(map[string]*gitrepo.Repo), make(map[gitops.Destination]*statusBranch)
	r := &targetReader{targetFlags: f, env: env, settings: s, names: names, missing: make(map[string]*gitops.MissingError)}
	for _, e := range s.environments {
		if err := r.environment(ctx, e); err != nil {
			return nil, err
		}
	}
	if err := r.absent(); err != nil {
		return nil, err
	}
	return r.targets, r.unpublished()
}

// statusSettings are what the settings say of environments and deployments.
type statusSettings struct {
	project      *settings.Project
	environments []settings.LoadedEnvironment
	resolved     []*settings.Resolved
	// byID and byName are the resolved ones of each environment.
	byID, byName map[[2]string]*settings.Resolved
}

// settings loads the project, and then the deployments. What is wrong with
// those must not be in the way of what was committed.
func (f *targetFlags) settings(env *Env) (*statusSettings, error) {
	o := settings.Options{
		Files: f.files, Stdin: env.Stdin, Dir: env.Dir, Home: env.Getenv("HOME"),
		Project: f.project, NoProject: f.noProject, AllowPaths: f.allowPaths, Selector: f.selector,
	}
	loaded, full, err := f.loadBoth(env, o)
	if err != nil {
		return nil, err
	}
	s := &statusSettings{project: loaded.Project}
	if s.environments, err = f.choose(loaded); err != nil {
		return nil, err
	}
	if full == nil {
		return s, nil
	}
	s.index(full.Resolved)
	return s, nil
}

// loadBoth returns the project alone and everything; the latter is nil where
// there are no deployments at hand or they cannot be read.
func (f *targetFlags) loadBoth(env *Env, o settings.Options) (project, full *settings.Loaded, err error) {
	selected := len(f.files) > 0 || f.selector != ""
	only := o
	only.ProjectOnly, only.Selector = true, ""
	full, err = settings.Load(o)
	if err == nil {
		project = full
	} else {
		if selected {
			return nil, nil, err
		}
		var further error
		if project, further = settings.Load(only); further != nil {
			return nil, nil, further
		}
		if project.Project != nil {
			f.passOver(env, err)
		}
		full = nil
	}
	return project, full, f.destinations(env, project)
}

// passOver tells that only the environments are known.
func (f *targetFlags) passOver(env *Env, err error) {
	say(env, "warning: the deployments of the project cannot be read, so that default timeouts hold and no settings lines are named: %s", strings.SplitN(err.Error(), "\n", 2)[0])
	say(env, "  hint: see 'lading settings'")
}

// choose returns the environments that --env names.
func (f *targetFlags) choose(loaded *settings.Loaded) ([]settings.LoadedEnvironment, error) {
	if len(f.environments) == 0 {
		return loaded.Environments, nil
	}
	var chosen []settings.LoadedEnvironment
	for _, name := range f.environments {
		e, err := chooseEnvironment(loaded, name)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(chosen, func(c settings.LoadedEnvironment) bool { return c.Name == e.Name }) {
			chosen = append(chosen, e)
		}
	}
	return chosen, nil
}

// index makes resolved deployments easy to find.
func (s *statusSettings) index(resolved []*settings.Resolved) {
	s.resolved = resolved
	s.byID, s.byName = make(map[[2]string]*settings.Resolved), make(map[[2]string]*settings.Resolved)
	for _, r := range resolved {
		s.byID[[2]string{r.EnvironmentName(), r.ID}] = r
		s.byName[[2]string{r.EnvironmentName(), r.Name}] = r
	}
}

// of returns the resolved deployment of an environment with a ledger's id or
// name, nil where the settings have none.
func (s *statusSettings) of(environment string, l *gitops.Ledger) *settings.Resolved {
	if r := s.byID[[2]string{environment, l.ID}]; r != nil {
		return r
	}
	return s.byName[[2]string{environment, l.Deployment}]
}

// spec returns the environment of the project, empty where there is none.
func (s *statusSettings) spec(environment string) (settings.EnvironmentSpec, settings.DeployerConfig) {
	if s.project == nil {
		return settings.EnvironmentSpec{}, settings.DeployerConfig{}
	}
	for _, e := range s.project.Spec.Environments {
		if e.Name == environment {
			return e, s.project.Spec.Deployer
		}
	}
	return settings.EnvironmentSpec{}, s.project.Spec.Deployer
}

// A targetReader reads targets environment by environment.
type targetReader struct {
	*targetFlags
	env      *Env
	settings *statusSettings
	names    []string
	targets  []*statusTarget
	read     []*environmentReader
	// missing are the names that an environment does not have.
	missing map[string]*gitops.MissingError
}

// absent looks in history for the names that no environment has, and reports the
// first one that never was there. A revision that is asked for has them or not.
func (r *targetReader) absent() error {
	for _, name := range r.names {
		isIt := func(t *statusTarget) bool { return t.named(name) }
		if slices.ContainsFunc(r.targets, isIt) {
			continue
		}
		for _, e := range r.read {
			if r.revision != "" {
				break
			}
			if err := e.deleted(name); err != nil {
				return err
			}
		}
		if !slices.ContainsFunc(r.targets, isIt) {
			return r.explain(r.missing[name])
		}
	}
	return nil
}

func (t *statusTarget) named(name string) bool { return t.Deployment == name || t.DeploymentID == name }

// A missingTarget is a deployment that the settings may have and the branch has
// not.
type missingTarget struct {
	*gitops.MissingError
	next string
}

// Hint says how it gets there, or what else may have been meant.
func (e *missingTarget) Hint() string  { return e.next }
func (e *missingTarget) Unwrap() error { return e.MissingError }

func (r *targetReader) explain(e *gitops.MissingError) error {
	known := slices.Clone(e.Others)
	for _, s := range r.settings.resolved {
		if s.Name == e.Deployment || s.ID == e.Deployment {
			return &missingTarget{e, fmt.Sprintf("the settings have it and it was not published yet: lading publish --env %s", e.Environment)}
		}
		known = append(known, s.Name)
	}
	if hint := nearest.Hint(e.Deployment, known); hint != "" {
		return &missingTarget{e, hint}
	}
	return e
}
