// Package gitops turns rendered objects into files of a Git repository: where
// each object lies, which ledger accounts for it, who may change or delete
// it, and the commit that brings it there.
//
// It promises that files which no ledger of this owner lists are never
// touched, that nothing is deleted because a run saw only a part of a project,
// and that a publish which cannot be written whole is not written at all. What
// lies on disk is described in docs/repository.md; the layout is a format that
// repositories live with, so changing it needs a new version of the ledger.
//
// [Layout] decides which file each object of a run becomes; [NewPlan] compares
// that with what a branch has ([Tree]) and answers with the files to change.
// Both are pure. The same plan is printed, written to a directory ([WriteDir])
// or committed ([Publish]). The package reads no clock, environment or random
// source of its own.
package gitops

import (
	"time"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// A Rendered is one deployment in one environment together with its objects.
type Rendered struct {
	Settings *settings.Resolved
	Set      *manifest.Set
	// Inputs are the files that the render read: their paths below the root
	// of the source repository, and their digests. They are kept in the
	// ledger; nil where they are not known.
	Inputs map[string]string
	// Incomplete tells that documents were left out of Set, since additional
	// resources need not be strict. What the deployment has in the repository
	// and not in Set then stays.
	Incomplete bool
}

// A Run is everything that one run of lading wants to be in the repository.
type Run struct {
	Rendered []Rendered
	// Failed are the deployments that could not be rendered. They count as
	// present: what lies in the repository stays as it is, and their
	// environments are not complete.
	Failed []*settings.Resolved
	// Environments are the environments of the run. One that is missing here
	// is not complete.
	Environments []Environment
	// Owner is who publishes.
	Owner Owner
	// Commit is the commit of the source repository that was rendered, empty
	// where there is none.
	Commit string
	// Author and Subject are those of that commit, for the message.
	Author  Person
	Subject string
	// Publisher is the author of the commit to be.
	Publisher Person
	Tool      Tool
	// History tells whether that commit is the newest; nil where nobody knows,
	// and nothing is checked.
	History SourceHistory
	// AllowUnmerged accepts a commit that is not on the branch of the settings,
	// AllowOlder one that is older than what is there, TakeOver directories
	// of other owners.
	AllowUnmerged, AllowOlder, TakeOver bool
	// Preview turns refusals of late renders into notices: nothing is written.
	Preview bool
	// Recreate accepts that deployments change their ids, and so that engines
	// delete their objects and create others; also that fields change which
	// no running object can change.
	Recreate bool
	// FinishHandover takes the second step of handing workloads over to
	// autoscalers also where it is not due yet.
	FinishHandover bool
	// Now decides whether pins have ended; with the zero time none has.
	Now time.Time
	// FailOnPinned refuses the run where it would pass over a pinned directory.
	FailOnPinned bool
	// Upgrade rewrites what another version of lading rendered, and nothing
	// else; see [NewPlan].
	Upgrade bool
	// Attributes asks for what .gitattributes must say about rendered files,
	// in a repository that begins.
	Attributes bool
	// Hydrate asks for what gitops.hydrator wants; nil leaves it as it is.
	Hydrate *Dry
}

// An Environment is one environment of a run.
type Environment struct {
	// Name is the name used in paths: "default" without a project.
	Name string
	// Complete tells that every deployment of the environment was loaded, so
	// that directories of others may be removed.
	Complete bool
	// Project and GitOps tell where to look for directories to remove when no
	// deployment of the environment is left.
	Project *settings.Project
	GitOps  settings.GitOps
}

// A Tool is the program that renders, as ledgers and commits name it.
type Tool struct {
	// Version is lading's own version.
	Version string
	// Templates is the digest of the built-in templates, empty where it is
	// not known.
	Templates string
}

// complete returns the names of the environments from which directories may be
// removed.
func (r *Run) complete() map[string]bool {
	complete := make(map[string]bool)
	for _, e := range r.Environments {
		complete[e.Name] = e.Complete
	}
	for _, s := range r.Failed {
		complete[s.EnvironmentName()] = false
	}
	return complete
}

// label names a deployment in its environment in messages.
func label(r *settings.Resolved) string { return r.EnvironmentName() + "/" + r.Name }
