package status

// Reasons of objects in general and of what runs pods.
const (
	objectMissing        Reason = "ObjectMissing"
	unreadable           Reason = "Unreadable"
	terminating          Reason = "Terminating"
	stuckFinaliser       Reason = "StuckFinaliser"
	notObserved          Reason = "NotObserved"
	paused               Reason = "Paused"
	rollingOut           Reason = "RollingOut"
	oldPodsRemain        Reason = "OldPodsRemain"
	minReadySeconds      Reason = "MinReadySeconds"
	podsUnavailable      Reason = "PodsUnavailable"
	deadlineExceeded     Reason = "ProgressDeadlineExceeded"
	onDelete             Reason = "OnDelete"
	oldPodBlocks         Reason = "OldPodBlocks"
	quotaExceeded        Reason = "QuotaExceeded"
	quotaNeedsResources  Reason = "QuotaNeedsResources"
	limitRangeViolated   Reason = "LimitRangeViolated"
	webhookDenied        Reason = "WebhookDenied"
	webhookUnreachable   Reason = "WebhookUnreachable"
	policyDenied         Reason = "PolicyDenied"
	podSecurityViolated  Reason = "PodSecurityViolated"
	serviceAccountGone   Reason = "ServiceAccountMissing"
	priorityClassMissing Reason = "PriorityClassMissing"
	runtimeClassMissing  Reason = "RuntimeClassMissing"
	namespaceLeaving     Reason = "NamespaceLeaving"
	podInvalid           Reason = "PodInvalid"
	createFailed         Reason = "CreateFailed"
	jobRunning           Reason = "JobRunning"
	jobSuspended         Reason = "JobSuspended"
	jobBackoffLimit      Reason = "BackoffLimitExceeded"
	jobDeadline          Reason = "JobDeadlineExceeded"
	jobFailed            Reason = "JobFailed"
	cronJobFailing       Reason = "CronJobFailing"
	configChanged        Reason = "ConfigChanged"
)

// workloadReasons is the catalogue of the reasons above and of those of a [Gap].
var workloadReasons = []ReasonInfo{
	{objectMissing, "The engine says that it applied the object, and the cluster does not have it.", "See who deletes it, or whether the engine applies to another cluster or namespace."},
	{Forbidden, "The credentials may not read this kind of object.", "Grant the permission that the message names; lading rbac prints the whole role."},
	{KindNotServed, "The cluster does not know this kind of object.", "Install the operator or the CustomResourceDefinition that brings the kind."},
	{Unreachable, "The API that serves this kind of object does not answer.", "Check the network, and for aggregated APIs the APIService."},
	{unreadable, "The object does not have the fields that its API describes.", "Look at it with kubectl get -o yaml; another API version may be served."},
	{terminating, "The object is being deleted though it ought to be there.", "Wait; the GitOps engine creates it anew."},
	{stuckFinaliser, "The object is being deleted for long, and a finaliser keeps it.", "Repair the controller that owns the finaliser; remove the finaliser by hand only where that controller is gone for good."},
	{notObserved, "The controller has not acted on the newest content yet.", "Wait; if it stays so, the controller manager does not run."},
	{paused, "The Deployment is paused, so that its new content is not rolled out.", "Take spec.paused out of the manifests, or run kubectl rollout resume."},
	{rollingOut, "Pods of the new content are being created.", "Wait."},
	{oldPodsRemain, "The new pods are there, and pods of older content have not gone yet.", "Wait; a pod ends within its terminationGracePeriodSeconds."},
	{minReadySeconds, "Pods are ready, but not for as long as minReadySeconds asks.", "Wait."},
	{podsUnavailable, "Fewer pods are available than wanted, and nothing tells why.", "Look at the pods with kubectl describe."},
	{deadlineExceeded, "The rollout made no progress within progressDeadlineSeconds.", "Look at the pods with kubectl describe."},
	{onDelete, "The update strategy OnDelete replaces pods only when somebody deletes them.", "Delete the old pods one by one, or use the strategy RollingUpdate."},
	{oldPodBlocks, "A StatefulSet waits for a broken pod of older content, and will not replace it.", "Delete that pod; the StatefulSet then creates it with the new content."},
	{quotaExceeded, "A ResourceQuota of the namespace leaves no room for the pods.", "Request less, have the quota raised, or remove what is not needed."},
	{quotaNeedsResources, "A ResourceQuota asks for requests or limits that the pods do not have.", "Set settings.resources."},
	{limitRangeViolated, "A LimitRange of the namespace does not allow the pods' resources.", "Change settings.resources so that they lie within it."},
	{webhookDenied, "An admission webhook denies the pods.", "Do what its message asks for, or talk to the owners of the webhook."},
	{webhookUnreachable, "An admission webhook does not answer, so that no pods can be created.", "Repair the webhook's service, or talk to its owners."},
	{policyDenied, "A ValidatingAdmissionPolicy denies the pods.", "Do what its message asks for."},
	{podSecurityViolated, "The pods violate the Pod Security level (or security context constraints) of the namespace.", "Set settings.deployer.pod_settings.container_security_context accordingly."},
	{serviceAccountGone, "The ServiceAccount of the pods does not exist.", "Create it, or change settings.deployer.service_account_name."},
	{priorityClassMissing, "The PriorityClass of the pods does not exist.", "Create it, or change priority_class_name in additional_pod_spec_args."},
	{runtimeClassMissing, "The RuntimeClass of the pods does not exist.", "Create it, or change runtime_class_name in additional_pod_spec_args."},
	{namespaceLeaving, "The namespace is being deleted, so that nothing can be created in it.", "Wait until it is gone; kubectl describe namespace tells what keeps it."},
	{podInvalid, "The API server finds the pods invalid.", "Correct the field that the message names."},
	{createFailed, "The pods could not be created, for another reason than the ones that have their own code.", "See the message."},
	{jobRunning, "The Job has not completed yet.", "Wait; look at its log."},
	{jobSuspended, "The Job is suspended.", "Set spec.suspend to false, or wait for the queue that suspended it."},
	{jobBackoffLimit, "The Job's pods failed more often than backoffLimit allows.", "Look at the log of the last pod."},
	{jobDeadline, "The Job did not complete within activeDeadlineSeconds.", "Raise the deadline or make the Job faster."},
	{jobFailed, "The Job failed for another reason.", "See the message and the log of the last pod."},
	{cronJobFailing, "The newest finished run of a CronJob failed.", "Look at the log of that run."},
	{configChanged, "A ConfigMap or Secret changed after the pods that read it at their start were created; of Secrets it is noticed where they are read, which is where a deployment renders some.", "Restart the pods."},
}
