// Package status answers whether what was committed is live and ready, and if
// not, why and what to do next. It holds the rules only: pure functions from
// objects to a [Result]. It never asks a cluster or a repository itself; who
// calls it brings the objects ([Live]) and what is known of the history
// ([History]).
package status

import (
	"time"

	"github.com/lading-dev/lading/pkg/manifest"
)

// A Phase is what is known of an object or of a deployment.
type Phase string

// The phases. Gone is the good end of a deployment that was deleted.
const (
	Ready       Phase = "Ready"
	Gone        Phase = "Gone"
	NotSynced   Phase = "NotSynced"   // the engine has not applied it yet
	Superseded  Phase = "Superseded"  // the engine is at something newer
	Progressing Phase = "Progressing" // applied, and on its way
	Missing     Phase = "Missing"     // applied as the engine says, and not there
	Degraded    Phase = "Degraded"    // it was ready and is not any more
	Failed      Phase = "Failed"      // it will not become ready by itself
	Unknown     Phase = "Unknown"     // it could not be found out
)

// A Result is what a rule found out about one object or one deployment.
type Result struct {
	// ID is the object that was judged; for the sync of a deployment it is the
	// engine's own object.
	ID    manifest.ID
	Phase Phase
	// Reason is one of the [Reasons]; it is empty where all is well.
	Reason Reason
	// Message says in one line what is wrong, with the facts that show it.
	Message string
	// Next is the next step: a command to run or a thing to change.
	Next string
	// Setting is the settings field that decides, as in
	// "settings.deployer.image_pull_secrets"; empty where none does.
	Setting string
	// Final tells that it cannot become right unless somebody acts, so that
	// nobody needs to wait for it.
	Final bool
	// Objects are further objects concerned, the nearest cause first: the pods
	// of a Deployment, the Secret that is missing.
	Objects []manifest.ID
	// Evidence is what proves it: events, newest first.
	Evidence []Evidence
	// Log names the container whose last lines would tell more, nil where none would.
	Log *LogRef
}

// An Evidence is one event of the cluster.
type Evidence struct {
	Object manifest.ID
	// Container is that of the pod which the event is about, empty where it is
	// about the whole pod or about another object.
	Container string
	Reason    string
	Message   string
	Count     int
	Last      time.Time // when it was last seen
}

// A LogRef names one container's log.
type LogRef struct {
	Namespace, Pod, Container string
	// Previous asks for the log of the run before the present one.
	Previous bool
}

// A Relation is how a revision stands to the content that a deployment ought
// to have, as told by the trees of its directory and not by commit ids.
type Relation int

// The relations.
const (
	Unreadable Relation = iota // no such commit, or it cannot be fetched
	Unrelated                  // in no line with the target
	Older                      // before the target, with other content
	Same                       // with the very content of the target
	Newer                      // after the target, with other content
)

// A History tells how a commit stands to the target. It is asked for full
// commit ids only.
type History func(revision string) Relation

// A Sync is how far the engine has come with a deployment. Its phase is Ready
// (the content is applied), NotSynced, Failed, Superseded or Unknown (the
// engine cannot tell: [Target.Compared] asks the live objects).
type Sync struct {
	Result
	// Revision is the commit that the engine is at, empty where unknown.
	Revision string
	// Compared is why no engine could tell, so that the verdict only comes from
	// comparing the live objects with the committed ones. It is nil where the
	// verdict is the engine's.
	Compared *Result
	// Warnings are what is not applied and does not count.
	Warnings []Result
}
