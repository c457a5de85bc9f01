package status

// Reasons of autoscalers, budgets, claims, namespaces and kinds in general.
const (
	ScaleTargetMissing       Reason = "ScaleTargetMissing"
	AutoscalerUnable         Reason = "AutoscalerUnable"
	HPAWithoutMetrics        Reason = "HPAWithoutMetrics"
	HPAWithoutRequests       Reason = "HPAWithoutRequests"
	ScalingDisabled          Reason = "ScalingDisabled"
	BelowMinReplicas         Reason = "BelowMinReplicas"
	AutoscalerAtLimit        Reason = "AutoscalerAtLimit"
	DisruptionBudgetUnable   Reason = "DisruptionBudgetUnable"
	DisruptionBudgetNotMet   Reason = "DisruptionBudgetNotMet"
	SeveralDisruptionBudgets Reason = "SeveralDisruptionBudgets"
	NoDisruptionsAllowed     Reason = "NoDisruptionsAllowed"
	VolumeLost               Reason = "VolumeLost"
	VolumePending            Reason = "VolumePending"
	VolumeProvisioningFailed Reason = "VolumeProvisioningFailed"
	StorageClassMissing      Reason = "StorageClassMissing"
	NoStorageClass           Reason = "NoStorageClass"
	QuotaUsedUp              Reason = "QuotaUsedUp"
	HealthInProgress         Reason = "HealthInProgress"
	HealthFailed             Reason = "HealthFailed"
	HealthUndecided          Reason = "HealthUndecided"

	stuckNamespace    Reason = "NamespaceStuck"
	notReady          Reason = "NotReady"
	stalled           Reason = "Stalled"
	definitionRefused Reason = "DefinitionNotEstablished"
)

// objectReasons is the catalogue of the reasons above.
var objectReasons = []ReasonInfo{
	{ScaleTargetMissing, "An autoscaler's target does not exist.", "Correct scaleTargetRef, or create the target."},
	{AutoscalerUnable, "An autoscaler cannot read or write the scale of its target, or does not understand its own metrics.", "See the message and kubectl describe hpa."},
	{HPAWithoutMetrics, "An autoscaler gets no metrics.", "Install metrics-server, or what serves custom metrics; right after the start of pods, wait."},
	{HPAWithoutRequests, "An autoscaler follows a share of a request that a container does not have.", "Set settings.resources.cpu_count or memory."},
	{ScalingDisabled, "Autoscaling is switched off, because the target is scaled to zero.", "Scale the target to one or more."},
	{BelowMinReplicas, "The target has fewer replicas than the autoscaler's minimum.", "Wait until it has scaled up."},
	{AutoscalerAtLimit, "The metrics ask for more replicas than maxReplicas allows.", "Raise settings.resources.max_replicas."},
	{DisruptionBudgetUnable, "A PodDisruptionBudget cannot tell how many pods there ought to be.", "See its message; minAvailable as a whole number always works."},
	{DisruptionBudgetNotMet, "Fewer pods are healthy than a PodDisruptionBudget asks for.", "See why the pods are not ready."},
	{SeveralDisruptionBudgets, "Two PodDisruptionBudgets protect the same pod, which then cannot be evicted at all.", "Leave each pod to one of them."},
	{NoDisruptionsAllowed, "A PodDisruptionBudget allows no pod to be evicted, so that nodes cannot be drained.", "Run more replicas than it asks for."},
	{VolumeLost, "The volume of a claim is gone.", "Restore the volume, or delete the claim to get an empty one."},
	{VolumePending, "A claim is not bound to a volume yet.", "See what it waits for with kubectl describe pvc."},
	{VolumeProvisioningFailed, "The storage's provisioner cannot make the volume of a claim.", "See its message, and the log of the provisioner."},
	{StorageClassMissing, "A claim names a storage class that the cluster does not have.", "Name one of kubectl get storageclass."},
	{NoStorageClass, "A claim names no storage class, and the cluster has no default one.", "Name one of kubectl get storageclass."},
	{QuotaUsedUp, "Nothing is left of a ResourceQuota.", "Have it raised before anything is added."},
	{HealthInProgress, "By the project's health rules the object is not ready yet.", "See what it waits for."},
	{HealthFailed, "By the project's health rules the object has failed.", "See the object."},
	{HealthUndecided, "An expression of the project's health rules cannot be evaluated.", "Write has(…) before a field that may be missing."},
	{stuckNamespace, "A namespace is being deleted for long, and something in it stays.", "Remove what its conditions name."},
	{notReady, "The controller of an object says that it is not ready.", "See its message, and the object with kubectl describe."},
	{stalled, "The controller of an object has given up on it.", "See its message, and the object with kubectl describe."},
	{definitionRefused, "A CustomResourceDefinition is not established.", "See its conditions with kubectl describe crd."},
}
