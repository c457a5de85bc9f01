package status

import (
	"cmp"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// argoCondition returns the first condition of a type. Conditions of an
// Application are there only while they hold.
func argoCondition(live *unstructured.Unstructured, kind string) fields {
	for _, c := range fields(live.Object).at("status").list("conditions") {
		if c.text("type") == kind {
			return c
		}
	}
	return nil
}

// badCondition is the first condition that keeps Argo CD from comparing. The
// warnings about shared, repeated, excluded and orphaned resources do not.
func (a *argoApp) badCondition() (Result, bool) {
	for _, kind := range []string{"InvalidSpecError", "ComparisonError", "UnknownError"} {
		c := argoCondition(a.live, kind)
		if c == nil {
			continue
		}
		r := a.result(NotSynced, engineError, "%s", engineWords(c.text("message"))).next("%s", a.refresh())
		switch kind {
		case "InvalidSpecError":
			r = a.invalid(r, c.text("message"))
		case "ComparisonError":
			r = a.incomparable(r, c.text("message"))
		}
		r.Evidence = []Evidence{conditionEvidence(a.id, c)}
		return r, true
	}
	return Result{}, false
}

// invalid: project, destination or repository are not allowed or not known. It
// is final where the message names what the present spec has: a condition
// stays until Argo CD looks again, also after the spec was put right.
func (a *argoApp) invalid(r Result, message string) Result {
	r.Reason = engineConfigInvalid
	project, to, repository := a.spec.text("project"), a.spec.at("destination"), a.spec.at("source").text("repoURL")
	cluster := cmp.Or(to.text("server"), to.text("name"))
	var about []string
	switch {
	case strings.Contains(message, "referencing project"):
		about = []string{"project " + project + " "}
		r.Next = fmt.Sprintf("create the AppProject %s, or set engine.project to one that there is", project)
	case strings.Contains(message, "application repo"):
		about = []string{"repo " + repository + " ", "'" + project + "'"}
		r.Next = fmt.Sprintf("add %s to spec.sourceRepos: %s", withoutUserInfo(repository), a.project("edit"))
	case strings.Contains(message, "allowed destinations"):
		about = []string{"'" + cluster + "'", "'" + to.text("namespace") + "'", "'" + project + "'"}
		r.Next = fmt.Sprintf("add the cluster %s and the namespace %s to spec.destinations: %s", cluster, to.text("namespace"), a.project("edit"))
	case strings.Contains(message, "cluster") || strings.Contains(message, "destination"):
		about = []string{cluster}
		r.Next = "make the cluster known to Argo CD (argocd cluster add), or correct engine.destination: kubectl get secrets -n " + a.controllerNamespace() + " -l argocd.argoproj.io/secret-type=cluster"
	default:
		r.Next = "correct the Application by the environment's engine settings and publish"
	}
	r.Final = len(about) > 0 && containsAll(message, about)
	return r
}

// incomparable: the repository cannot be read, or no manifests can be made of
// it, or the cluster cannot be asked.
func (a *argoApp) incomparable(r Result, message string) Result {
	if strings.Contains(message, "Failed to load live state") || strings.Contains(message, "failed to get cluster") {
		r.Next = "see why Argo CD does not reach the cluster: " + a.logOf("argocd-application-controller")
		return r
	}
	r.Message = engineWords(strings.TrimPrefix(strings.TrimPrefix(message, "Failed to load target state: "), "failed to generate manifest for source 1 of 1: "))
	r.Reason, r.Final = sourceRefusal(message)
	repository := withoutUserInfo(a.spec.at("source").text("repoURL"))
	switch r.Reason {
	case sourceUnauthorized:
		r.Next = "give Argo CD access: argocd repo add " + repository
	case sourceFailed:
		r.Next = "see why Argo CD does not reach " + repository + ": " + a.logOf("argocd-repo-server")
	case sourcePathMissing:
		r.Next = fmt.Sprintf("see that %s is in the branch %s; then %s", a.spec.at("source").text("path"), a.spec.at("source").text("targetRevision"), a.hardRefresh())
	case manifestsUnreadable:
		r.Next = a.hardRefresh()
		// Only where Argo CD says at which commit, it is known that no later
		// commit has put it right.
		r.Final = a.compared() && a.relation(a.revision()) == Same
	}
	return r
}

// sourceRefusals tell by an engine's words why it cannot read the repository;
// what may pass goes first, since its wording often mentions credentials too.
var sourceRefusals = []struct {
	words    []string
	reason   Reason
	hopeless bool
}{
	{[]string{"app path does not exist", "kustomization path not found"}, sourcePathMissing, false},
	{[]string{"dial tcp", "no such host", "connection refused", "i/o timeout", "deadline exceeded", "connection reset", "TLS handshake timeout", "unexpected EOF", "status code: 5", "status code: 429"}, sourceFailed, false},
	{[]string{
		"authentication required", "authentication failed", "Authentication failed", "authorization failed", "invalid username or password",
		"ermission denied", "unable to authenticate", "invalid credentials", "invalid auth method", "could not read Username", "status code: 401", "status code: 403",
		"repository not found", "Repository not found", "knownhosts:", "host key verification failed", "Host key verification failed",
	}, sourceUnauthorized, true},
	{[]string{"resolve", "couldn't find remote ref", "reference not found", "x509:", "ls-remote", "unable to clone", "failed to fetch", "failed to list refs", "Failed to fetch"}, sourceFailed, false},
	{[]string{"generate manifest", "Manifest generation error", "unmarshal", "kustomize build"}, manifestsUnreadable, false},
}

// sourceRefusal tells why a repository cannot be read and whether somebody
// must act.
func sourceRefusal(message string) (Reason, bool) {
	for _, r := range sourceRefusals {
		for _, words := range r.words {
			if strings.Contains(message, words) {
				return r.reason, r.hopeless
			}
		}
	}
	return sourceFailed, false
}
