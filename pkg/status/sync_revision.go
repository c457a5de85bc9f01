package status

import (
	"cmp"
	"strings"
)

// relation is how a revision stands to the target, whatever the engine writes
// around the commit id.
func (in EngineInput) relation(revision string) Relation {
	commit := commitOf(revision)
	if commit == "" || in.History == nil {
		return Unreadable
	}
	return in.History(commit)
}

// commitOf takes the commit id out of a revision: plain as with Argo CD, or
// main@sha1:<id>, sha1:<id> and main/<id>, as Flux writes or wrote it. It is
// empty for what names no commit, as a branch does.
// See https://fluxcd.io/flux/components/source/gitrepositories/#artifact.
func commitOf(revision string) string {
	id := revision[strings.LastIndexAny(revision, ":/")+1:]
	if len(id) != 40 && len(id) != 64 {
		return ""
	}
	if strings.Trim(id, "0123456789abcdef") != "" {
		return ""
	}
	return id
}

// shortCommit is a revision as messages show it.
func shortCommit(revision string) string {
	if id := commitOf(revision); id != "" {
		return id[:7]
	}
	return cmp.Or(revision, "no revision")
}
