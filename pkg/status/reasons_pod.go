package status

// Reasons of pods. Each is the cause that is nearest to the trouble.
const (
	podStarting        Reason = "PodStarting"
	podFailed          Reason = "PodFailed"
	podRejected        Reason = "PodRejected"
	podEvicted         Reason = "Evicted"
	podPreempted       Reason = "Preempted"
	nodeShutdown       Reason = "NodeShutdown"
	nodeLost           Reason = "NodeLost"
	podStuck           Reason = "PodStuckTerminating"
	readinessGate      Reason = "ReadinessGate"
	sandboxFailed      Reason = "SandboxFailed"
	initRunning        Reason = "InitContainerRunning"
	imageNotFound      Reason = "ImageNotFound"
	imageUnauthorized  Reason = "ImageUnauthorized"
	pullSecretMissing  Reason = "ImagePullSecretMissing"
	registryDown       Reason = "RegistryUnreachable"
	registryUntrusted  Reason = "RegistryUntrusted"
	registryLimit      Reason = "RegistryRateLimited"
	imagePlatform      Reason = "ImagePlatformMismatch"
	imageNameInvalid   Reason = "ImageNameInvalid"
	imageNeverPull     Reason = "ImageNeverPulled"
	imagePullFailed    Reason = "ImagePullFailed"
	nodeDiskFull       Reason = "NodeDiskFull"
	secretMissing      Reason = "SecretMissing"
	secretKeyMissing   Reason = "SecretKeyMissing"
	configMapMissing   Reason = "ConfigMapMissing"
	configKeyMissing   Reason = "ConfigMapKeyMissing"
	claimMissing       Reason = "VolumeClaimMissing"
	runsAsRoot         Reason = "RunsAsRoot"
	containerConfig    Reason = "ContainerConfigError"
	containerStart     Reason = "ContainerStartError"
	commandNotFound    Reason = "CommandNotFound"
	notExecutable      Reason = "CommandNotExecutable"
	crashLoop          Reason = "CrashLoop"
	crashedBySignal    Reason = "CrashedBySignal"
	exitedEarly        Reason = "ExitedEarly"
	oomKilled          Reason = "OOMKilled"
	readinessFailing   Reason = "ReadinessProbeFailing"
	livenessFailing    Reason = "LivenessProbeFailing"
	startupFailing     Reason = "StartupProbeFailing"
	schedulingGated    Reason = "SchedulingGated"
	notScheduled       Reason = "NotScheduled"
	unschedulable      Reason = "Unschedulable"
	insufficientCPU    Reason = "InsufficientCPU"
	insufficientMemory Reason = "InsufficientMemory"
	insufficientGPU    Reason = "InsufficientGPU"
	insufficientOther  Reason = "InsufficientResource"
	tooManyPods        Reason = "TooManyPods"
	nodeMismatch       Reason = "NodeSelectorMismatch"
	taintNotTolerated  Reason = "TaintNotTolerated"
	nodesCordoned      Reason = "NodesCordoned"
	noNodes            Reason = "NoNodes"
	portTaken          Reason = "HostPortTaken"
	podAffinity        Reason = "PodAffinityUnsatisfied"
	topologySpread     Reason = "TopologySpreadUnsatisfied"
	claimUnbound       Reason = "VolumeClaimUnbound"
	volumeZone         Reason = "VolumeZoneConflict"
	mountFailed        Reason = "MountFailed"
	attachFailed       Reason = "AttachFailed"
	volumeInUse        Reason = "VolumeInUse"
)

// podReasons is the catalogue of the reasons above.
var podReasons = []ReasonInfo{
	{podStarting, "The pod is on its way: its containers are created, or wait for their first good probe.", "Wait."},
	{podFailed, "The pod ended and is not started again.", "Look at its log."},
	{podRejected, "The node refused the pod that was scheduled to it.", "See the message; a controller creates another pod."},
	{podEvicted, "The node evicted the pod because it ran short of memory, disk or process ids.", "Request what the pod really uses, so that it is placed where there is room."},
	{podPreempted, "The pod had to make room for one of higher priority.", "Add nodes, or give the pods a PriorityClass."},
	{nodeShutdown, "The node was shut down.", "Wait for the replacement pod."},
	{nodeLost, "The pod's node does not answer.", "Look at the node with kubectl describe node."},
	{podStuck, "The pod is being deleted and does not end.", "Look at its node; delete it with --force only where the node is gone for good."},
	{readinessGate, "A readiness gate of the pod is not true; a controller outside the pod sets it.", "Look at the controller that owns the condition, as a load balancer's."},
	{sandboxFailed, "The node could not set up the pod's network.", "Look at the network plugin of that node."},
	{initRunning, "An init container runs; the others start after it.", "Wait; look at its log."},
	{imageNotFound, "The registry has no such image or tag.", "Push the image, or correct image in the settings."},
	{imageUnauthorized, "The registry gives the image only to those who are allowed to, or it does not exist; many registries do not tell which.", "Name a Secret with credentials in settings.deployer.image_pull_secrets."},
	{pullSecretMissing, "A Secret of image_pull_secrets does not exist in the namespace, and the image needs it.", "Create the Secret in the namespace of the pods."},
	{registryDown, "The node does not reach the registry.", "Check the registry's name, DNS, proxies and firewalls of the nodes."},
	{registryUntrusted, "The node does not trust the registry's certificate, or the registry speaks plain HTTP.", "Give the nodes the registry's certificate authority."},
	{registryLimit, "The registry limits the rate of pulls.", "Pull with credentials, or through a mirror."},
	{imagePlatform, "The image does not exist for the processor of the node.", "Build the image for that platform, or select other nodes."},
	{imageNameInvalid, "The image's name cannot be read.", "Correct image in the settings."},
	{imageNeverPull, "The image is not on the node, and image_pull_policy is Never.", "Load the image into the node, or change settings.deployer.image_pull_policy."},
	{imagePullFailed, "The image could not be pulled, for a reason that is not known better.", "See the events; try to pull the image by hand."},
	{nodeDiskFull, "The node has no room left for the image or the container.", "Free the disk of that node."},
	{secretMissing, "A Secret that the pod needs does not exist.", "Create it in the namespace of the pod; the pod then starts by itself."},
	{secretKeyMissing, "A Secret does not have the key that the pod asks for.", "Add the key to the Secret, or correct the key in the settings."},
	{configMapMissing, "A ConfigMap that the pod needs does not exist.", "Create it in the namespace of the pod; the pod then starts by itself."},
	{configKeyMissing, "A ConfigMap does not have the key that the pod asks for.", "Add the key to the ConfigMap, or correct the key in the settings."},
	{claimMissing, "A PersistentVolumeClaim that the pod names does not exist.", "Create it, or correct settings.deployer.pod_settings.volumes."},
	{runsAsRoot, "The pod asks not to run as root, and the image does or does not say.", "Set run_as_user in settings.deployer.pod_settings.container_security_context."},
	{containerConfig, "The container's configuration cannot be put together.", "See the message."},
	{containerStart, "The container runtime cannot create or start the container.", "See the message."},
	{commandNotFound, "The container's command is not in the image.", "Correct settings.deployer.command, or the image."},
	{notExecutable, "The container's command cannot be executed.", "Make the file executable in the image, or correct settings.deployer.command."},
	{crashLoop, "The container ends with an error again and again.", "Look at the log of its last run."},
	{crashedBySignal, "The container's process is ended by a signal, as by a fault in native code.", "Look at the log of its last run."},
	{exitedEarly, "The container ends without an error, though it ought to keep running.", "Start a server that stays in the foreground."},
	{oomKilled, "The container used more memory than its limit.", "Raise settings.resources.memory."},
	{readinessFailing, "The readiness probe fails, so that the pod gets no requests.", "Make the server answer on the port and path of the probe."},
	{livenessFailing, "The liveness probe fails, so that the container is restarted again and again.", "Make the server answer, or give it more time by settings.deployer.liveness_probe_initial_delay."},
	{startupFailing, "The startup probe fails.", "Make the server answer, or give it more time."},
	{schedulingGated, "The pod has scheduling gates, which a controller has to remove.", "Look at the controller that owns the gate, as a queue's."},
	{notScheduled, "No scheduler has looked at the pod yet.", "Check that the scheduler of settings.deployer.pod_settings.scheduler_name runs."},
	{unschedulable, "No node fits, for a reason that is not known better.", "See the message."},
	{insufficientCPU, "The nodes that fit otherwise have not enough CPU left.", "Lower settings.resources.cpu_count, or add nodes."},
	{insufficientMemory, "The nodes that fit otherwise have not enough memory left.", "Lower settings.resources.memory, or add nodes."},
	{insufficientGPU, "The nodes that fit otherwise have no GPU left.", "Lower settings.resources.gpu_count, or add nodes with GPUs."},
	{insufficientOther, "The nodes that fit otherwise have not enough of another resource left.", "Lower settings.deployer.pod_settings.resources, or add nodes."},
	{tooManyPods, "The nodes that fit otherwise hold as many pods as they may.", "Add nodes."},
	{nodeMismatch, "No node has the labels that the pod asks for.", "Correct settings.deployer.pod_settings.node_selectors or affinity, or label a node."},
	{taintNotTolerated, "The nodes have taints that the pod does not tolerate.", "Add settings.deployer.pod_settings.tolerations."},
	{nodesCordoned, "The nodes are cordoned.", "Uncordon a node with kubectl uncordon."},
	{noNodes, "The cluster has no nodes.", "Add nodes."},
	{portTaken, "The host port that the pod asks for is taken on every node.", "Do not ask for a host port."},
	{podAffinity, "No node satisfies the pod affinity or anti-affinity rules.", "Loosen settings.deployer.pod_settings.affinity, or add nodes."},
	{topologySpread, "No node satisfies the topology spread constraints.", "Loosen topology_spread_constraints, or add nodes in the zones that lack pods."},
	{claimUnbound, "A PersistentVolumeClaim of the pod has no volume.", "Look at the claim with kubectl describe; it may name no StorageClass, or one that cannot provision."},
	{volumeZone, "The pod's volume lies in another zone than the nodes that fit.", "Let nodes of the volume's zone take the pod."},
	{mountFailed, "A volume of the pod cannot be mounted.", "See the message."},
	{attachFailed, "A volume of the pod cannot be attached to its node.", "See the message."},
	{volumeInUse, "A volume of the pod is attached to another node, and allows only one.", "Wait until the old pod is gone, or use the strategy Recreate."},
}
