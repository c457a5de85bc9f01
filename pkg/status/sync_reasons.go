package status

import (
	"cmp"
	"strings"
)

// The reasons of the engines' verdict.
const (
	EngineUnknown        Reason = "EngineUnknown" // nobody syncs it, as far as is known
	engineObjectMissing  Reason = "EngineObjectMissing"
	engineObjectRemains  Reason = "EngineObjectRemains"
	engineObjectLeaving  Reason = "EngineObjectLeaving"
	engineObjectOutdated Reason = "EngineObjectOutdated"
	engineSuspended      Reason = "EngineSuspended"
	engineNotRunning     Reason = "EngineNotRunning"
	engineWaiting        Reason = "EngineWaiting"
	engineApplying       Reason = "EngineApplying"
	engineBusy           Reason = "EngineBusy"
	engineConfigInvalid  Reason = "EngineConfigInvalid"
	engineError          Reason = "EngineError"
	autoSyncOff          Reason = "AutoSyncOff"
	syncWindowClosed     Reason = "SyncWindowClosed"
	syncWindowInvalid    Reason = "SyncWindowInvalid"
	dependencyNotReady   Reason = "DependencyNotReady"
	sourceMissing        Reason = "SourceMissing"
	sourceSuspended      Reason = "SourceSuspended"
	sourceUnauthorized   Reason = "SourceUnauthorized"
	sourceFailed         Reason = "SourceFailed"
	sourceBehind         Reason = "SourceBehind"
	sourcePathMissing    Reason = "SourcePathMissing"
	manifestsUnreadable  Reason = "ManifestsUnreadable"
	revisionSuperseded   Reason = "RevisionSuperseded"
	revisionUnknown      Reason = "RevisionUnknown"
	resourceExcluded     Reason = "ResourceExcluded"
	resourceUntracked    Reason = "ResourceUntracked"
	driftedFromSynced    Reason = "DriftedFromSynced"
	pruneFailed          Reason = "PruneFailed"
	prunePending         Reason = "PrunePending"
	syncFailed           Reason = "SyncFailed"
	syncRejected         Reason = "SyncRejected"
	syncImmutable        Reason = "SyncImmutableField"
	syncWebhookDenied    Reason = "SyncWebhookDenied"
	syncWebhookFailed    Reason = "SyncWebhookFailed"
	syncQuota            Reason = "SyncQuotaExceeded"
	syncForbidden        Reason = "SyncForbidden"
	syncNoNamespace      Reason = "SyncNamespaceMissing"
	syncNoKind           Reason = "SyncKindMissing"
	NotYetApplied        Reason = "NotYetApplied"
	DiffersFromLive      Reason = "DiffersFromLive"
)

// syncReasons is the catalogue of the engines' verdict.
var syncReasons = []ReasonInfo{
	{EngineUnknown, "No engine object is committed for the deployment, so that no engine can be asked.", "Set engine.kind of the environment and publish."},
	{engineObjectMissing, "The engine's object for the deployment is committed and not in the cluster.", "Apply the output of lading bootstrap once, or wait for the root to sync."},
	{engineObjectRemains, "The deployment was deleted and the engine's object that synced it is still there.", "Wait for the root to sync, or see why it does not."},
	{engineObjectLeaving, "The engine's object is being deleted.", "Wait; if it is kept by a finaliser, see what the engine cannot delete."},
	{engineObjectOutdated, "The engine's object in the cluster syncs something else than the committed one says.", "Wait for the root to sync, or see why it does not."},
	{engineSuspended, "The engine was told to leave the deployment alone.", "Resume it."},
	{engineNotRunning, "The engine has not looked at its object for a long time.", "See whether the engine's controller runs."},
	{engineWaiting, "The engine has seen the content and not begun to apply it.", "Wait, or ask the engine to reconcile now."},
	{engineApplying, "The engine is applying the content.", "Wait."},
	{engineBusy, "The engine is still busy with another revision and begins no new sync before that ends.", "Wait, or end the operation."},
	{engineConfigInvalid, "The engine refuses its object: project, destination, repository or a field of it is not allowed or not known.", "Change the engine's project or the environment's engine settings."},
	{engineError, "The engine cannot judge its object because of an error of its own.", "See the message and the engine's log."},
	{autoSyncOff, "Automated sync is off for the Application.", "Sync it by hand, or turn automated sync on."},
	{syncWindowClosed, "A sync window of the AppProject keeps Argo CD from syncing now.", "Wait until it opens, or change the AppProject's windows."},
	{syncWindowInvalid, "A sync window of the AppProject cannot be read, and Argo CD then never syncs.", "Correct schedule and duration of the window."},
	{dependencyNotReady, "What the engine's object depends on is not ready.", "See why the dependency is not ready."},
	{sourceMissing, "The object that describes the Git repository is not there.", "Apply the output of lading bootstrap."},
	{sourceSuspended, "The engine was told not to fetch from the Git repository.", "Resume the source."},
	{sourceUnauthorized, "The engine may not read the Git repository.", "Correct the credentials that the engine has for it."},
	{sourceFailed, "The engine cannot fetch from the Git repository.", "See the message; the engine tries again by itself."},
	{sourceBehind, "The engine has not fetched the commit yet.", "Wait for its interval, or ask it to fetch now."},
	{sourcePathMissing, "The directory that the engine's object names is not in what the engine fetched.", "See that the path is in the branch and not excluded from the source."},
	{manifestsUnreadable, "The engine cannot make manifests of what lies in the directory.", "Remove what is not a manifest from the directory; see the message."},
	{revisionSuperseded, "The engine is at a newer content of the deployment.", "Ask for the status of the newer one."},
	{revisionUnknown, "The revision that the engine is at cannot be found in the history of the branch.", "See which branch the engine follows."},
	{resourceExcluded, "Argo CD is configured to leave out this kind of object.", "Change resource.exclusions in argocd-cm."},
	{resourceUntracked, "The engine does not list the object among those that it syncs.", "See the engine's object."},
	{driftedFromSynced, "The object was synced and differs from what is committed again.", "See what else changes it: the engine's diff shows the fields."},
	{pruneFailed, "The engine cannot delete what is not committed any more.", "See the message."},
	{prunePending, "The engine has yet to delete what is not committed any more.", "Wait, or see whether pruning is off."},
	{syncFailed, "The engine cannot apply the content.", "See the message."},
	{syncRejected, "The API server rejects the object as invalid.", "Correct the setting or template that makes the field, and publish."},
	{syncImmutable, "A field changed that cannot be changed in place.", "Delete the object so that the engine creates it anew, or take the change back. What a PersistentVolumeClaim holds is lost with it."},
	{syncWebhookDenied, "An admission webhook or policy denies the object.", "Make the object comply with the policy that the message names."},
	{syncWebhookFailed, "An admission webhook does not answer.", "See why the webhook's service is down."},
	{syncQuota, "A quota leaves no room for the object.", "Raise the quota or lower the resources."},
	{syncForbidden, "The engine's service account or project may not apply the object.", "Allow it in the cluster's roles or in the engine's project."},
	{syncNoNamespace, "The namespace of the object is not there.", "Let lading create it, or create it."},
	{syncNoKind, "The cluster does not know the kind of the object.", "Install its CRD."},
	{NotYetApplied, "The object is not in the cluster; no engine could be asked why.", "Wait for the engine, or see why it does not sync."},
	{DiffersFromLive, "The live object does not have what is committed; no engine could be asked why.", "Wait for the engine, or see why it does not sync."},
}

const (
	correctField = "correct the setting or template that makes the field, and publish"
	createAnew   = "delete the object so that the engine creates it anew, or take the change back and publish"
)

// refusals tell by the API server's words why an object was not applied, the
// special before the general. What somebody must change is hopeless; what may
// end without is not. The next step may speak of {namespace} and {environment}.
var refusals = []struct {
	all      []string
	reason   Reason
	hopeless bool
	next     string
}{
	{[]string{"admission webhook", "denied the request"}, syncWebhookDenied, true, "make the object comply with the policy that the message names, and publish"},
	{[]string{"ValidatingAdmissionPolicy", "denied request"}, syncWebhookDenied, true, "make the object comply with the policy that the message names, and publish"},
	{[]string{"failed calling webhook"}, syncWebhookFailed, false, "see why the webhook does not answer: kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"},
	{[]string{"exceeded quota"}, syncQuota, false, "raise the quota or lower the resources: kubectl describe quota -n {namespace}"},
	{[]string{"spec is immutable after creation"}, syncImmutable, true, "take the change back and publish; a PersistentVolumeClaim that is deleted so that the engine creates it anew loses what it holds"},
	{[]string{"updates to statefulset spec"}, syncImmutable, true, "take the change back and publish, or delete the StatefulSet so that the engine creates it anew; with --cascade=orphan its pods stay"},
	{[]string{"field is immutable"}, syncImmutable, true, createAnew},
	{[]string{"cannot change roleRef"}, syncImmutable, true, createAnew},
	{[]string{"pod updates may not change fields"}, syncImmutable, true, createAnew},
	{[]string{"updates to ", " are forbidden"}, syncImmutable, true, createAnew},   // a StorageClass
	{[]string{"may not be changed in an update"}, syncImmutable, true, createAnew}, // a PriorityClass
	{[]string{"may not change once set"}, syncImmutable, true, createAnew},         // a Service's address
	{[]string{"not permitted in project"}, syncForbidden, true, "allow it in the AppProject"},
	{[]string{"is forbidden: User", "cannot"}, syncForbidden, true, "give the engine's service account the permission that the message names: lading rbac --env {environment} --for engine"},
	{[]string{"namespaces ", " not found"}, syncNoNamespace, false, "create the namespace, or let lading do it"},
	{[]string{"no matches for kind"}, syncNoKind, false, "install the CRD of the kind"},
	{[]string{"CRD is installed"}, syncNoKind, false, "install the CRD of the kind"},
	{[]string{"the server could not find the requested resource"}, syncNoKind, false, "install the CRD of the kind"},
	{[]string{"is invalid:"}, syncRejected, true, correctField},
	{[]string{"dry-run failed (Invalid)"}, syncRejected, true, correctField},
	{[]string{"dry-run failed (BadRequest)"}, syncRejected, true, correctField},
	{[]string{"strict decoding error"}, syncRejected, true, correctField},
	{[]string{"failed to create typed patch object"}, syncRejected, true, correctField},
}

// refusal tells why an object was not applied, whether somebody must act, and
// what to do.
func refusal(message string) (reason Reason, hopeless bool, next string) {
	for _, r := range refusals {
		if containsAll(message, r.all) {
			return r.reason, r.hopeless, r.next
		}
	}
	return syncFailed, false, ""
}

// inPlace names the namespace and the environment in a next step that speaks of
// them, or says that they are to be filled in.
func inPlace(next, namespace, environment string) string {
	return strings.NewReplacer("{namespace}", cmp.Or(namespace, "NAMESPACE"), "{environment}", cmp.Or(environment, "ENV")).Replace(next)
}

func containsAll(text string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
