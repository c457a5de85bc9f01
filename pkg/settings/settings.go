// Package settings reads the two documents that a user writes, a Project
// (lading.yaml) and PipelineDeployments, lays their layers over each other,
// and answers with one [Resolved] per deployment and environment, in which
// every value remembers the file, line and layer that set it.
//
// Reading is strict and complete: every unknown key, wrong type, duplicate
// key and value out of range in every file is reported in one go. The package
// reads files through a confined root and knows nothing of templates, Git or
// clusters.
package settings

// APIVersion is the version of both documents.
const APIVersion = "lading.dev/v1alpha1"

// A DeploymentSpec is the spec of a PipelineDeployment. The same fields, less
// a few, may stand under environments.<name> to change one environment.
//
// The struct tags are the schema; tags.go says what each of them means. The
// loader, the JSON Schema and the reference page are all generated from them.
type DeploymentSpec struct {
	Image       string                     `yaml:"image" pattern:"image" instead:"pipeline" doc:"Container image to run."`
	Pipeline    string                     `yaml:"pipeline" pattern:"pipeline" instead:"image" only:"deployment" doc:"Pipeline whose image <container_registry>/zenml:<pipeline> is run; an alternative to image."`
	Env         Map                        `yaml:"env" of:"string" pattern:"variable-names" doc:"Plain environment variables of the container."`
	SecretEnv   []SecretVariable           `yaml:"secretEnv" keyed:"name" pattern:"variable-names" doc:"Environment variables whose values stay in a Kubernetes Secret."`
	Settings    Settings                   `yaml:"settings" doc:"Deployer and resource settings, named as ZenML names them."`
	Jsonnet     Path                       `yaml:"jsonnet" path:"file" doc:"Jsonnet file function(context, objects) that returns the objects to go on with, called before the components."`
	Components  []Component                `yaml:"components" merge:"append" doc:"Kustomize components to apply, built-in ones by name or your own by path."`
	Overlays    []Path                     `yaml:"overlays" merge:"append" path:"directory" doc:"Directories with a kustomize Component or Kustomization, applied in order after the components."`
	ID          string                     `yaml:"id" pattern:"uuid" doc:"UUID of the deployment on the ZenML server; derived from the keys where absent."`
	Key         string                     `yaml:"key" only:"deployment" pattern:"text" doc:"What the derived id is made of; defaults to the name and survives a rename."`
	Entrypoint  string                     `yaml:"entrypoint" default:"zenml" enum:"zenml,image" only:"deployment" doc:"zenml runs ZenML's deployment server; image keeps the image's own entrypoint."`
	Auth        *SecretKey                 `yaml:"auth" only:"deployment" doc:"The existing Secret that holds the deployment's auth_key."`
	Environment map[string]*DeploymentSpec `yaml:"environments" only:"deployment" doc:"Changes for single environments of the project."`
}

// Settings are the two groups of settings that ZenML knows.
type Settings struct {
	Deployer  Deployer  `yaml:"deployer" doc:"KubernetesDeployerSettings."`
	Resources Resources `yaml:"resources" doc:"ResourceSettings."`
}

// Deployer holds ZenML's KubernetesDeployerSettings under their own names.
type Deployer struct {
	AuthKey                        *string      `yaml:"auth_key" refuse:"a literal key would end up in Git" doc:"Refused: a key never belongs in Git. Name the Secret that holds it in spec.auth."`
	GenerateAuthKey                bool         `yaml:"generate_auth_key" default:"false" doc:"Understood, not acted on: the ZenML server generates the key."`
	LCMTimeout                     int          `yaml:"lcm_timeout" default:"600" min:"1" doc:"Seconds to wait for the deployment to become ready; used by status."`
	Namespace                      string       `yaml:"namespace" pattern:"dns-label" doc:"Kubernetes namespace; defaults to the project's deployer.kubernetes_namespace."`
	ServiceType                    string       `yaml:"service_type" default:"LoadBalancer" enum:"LoadBalancer,NodePort,ClusterIP" doc:"How the Service is exposed."`
	ServicePort                    int          `yaml:"service_port" default:"8000" min:"1" max:"65535" doc:"Port of the Service, the container and the probes."`
	ImagePullPolicy                string       `yaml:"image_pull_policy" default:"IfNotPresent" enum:"Always,IfNotPresent,Never" doc:"When the image is pulled."`
	Labels                         Map          `yaml:"labels" of:"string" pattern:"object-labels" doc:"Labels added to every object."`
	Annotations                    Map          `yaml:"annotations" of:"string" pattern:"annotation-keys" doc:"Annotations added to the pods."`
	Command                        []string     `yaml:"command" doc:"Replaces the container's command."`
	Args                           []string     `yaml:"args" doc:"Replaces the container's arguments."`
	ServiceAccountName             string       `yaml:"service_account_name" pattern:"dns-subdomain" doc:"Service account of the pods."`
	ImagePullSecrets               []string     `yaml:"image_pull_secrets" pattern:"dns-subdomain" doc:"Secrets with which private images are pulled."`
	ReadinessProbePath             string       `yaml:"readiness_probe_path" default:"/api/health" pattern:"probe-path" doc:"HTTP path of the readiness probe."`
	ReadinessProbeInitialDelay     int          `yaml:"readiness_probe_initial_delay" default:"10" min:"1" doc:"Seconds before the first readiness probe."`
	ReadinessProbePeriod           int          `yaml:"readiness_probe_period" default:"10" min:"1" doc:"Seconds between readiness probes."`
	ReadinessProbeTimeout          int          `yaml:"readiness_probe_timeout" default:"5" min:"1" doc:"Seconds until a readiness probe times out."`
	ReadinessProbeFailureThreshold int          `yaml:"readiness_probe_failure_threshold" default:"3" min:"1" doc:"Failed probes until a pod counts as not ready."`
	LivenessProbePath              string       `yaml:"liveness_probe_path" default:"/api/health" pattern:"probe-path" doc:"HTTP path of the liveness probe."`
	LivenessProbeInitialDelay      int          `yaml:"liveness_probe_initial_delay" default:"30" min:"1" doc:"Seconds before the first liveness probe."`
	LivenessProbePeriod            int          `yaml:"liveness_probe_period" default:"10" min:"1" doc:"Seconds between liveness probes."`
	LivenessProbeTimeout           int          `yaml:"liveness_probe_timeout" default:"5" min:"1" doc:"Seconds until a liveness probe times out."`
	LivenessProbeFailureThreshold  int          `yaml:"liveness_probe_failure_threshold" default:"3" min:"1" doc:"Failed probes until a container is restarted."`
	PodSettings                    *PodSettings `yaml:"pod_settings" doc:"Advanced pod configuration."`
	AdditionalResources            []Path       `yaml:"additional_resources" path:"file" doc:"YAML or jsonnet files with further objects."`
	StrictAdditionalResources      bool         `yaml:"strict_additional_resources" default:"true" doc:"Whether a broken additional resource is an error; otherwise it is left out with a warning, and status only warns where one cannot be applied or is not ready."`
	CustomTemplatesDir             Path         `yaml:"custom_templates_dir" path:"directory" doc:"Directory with templates that replace the built-in Deployment and Service."`
	WaitForLoadBalancerTimeout     int          `yaml:"wait_for_load_balancer_timeout" default:"150" min:"0" doc:"Seconds to wait for a load balancer address, 0 to skip; used by status."`
	DeploymentReadyCheckInterval   int          `yaml:"deployment_ready_check_interval" default:"2" min:"1" doc:"Seconds between readiness checks; used by status."`
}

// Resources holds ZenML's ResourceSettings under their own names.
type Resources struct {
	CPUCount          Decimal `yaml:"cpu_count" min:"0.001" doc:"CPUs to request and limit to, for example 0.5."`
	Memory            string  `yaml:"memory" pattern:"memory" doc:"Memory to request and limit to: digits and KB, KiB, MB, MiB, GB, GiB, TB, TiB, PB or PiB."`
	GPUCount          *int    `yaml:"gpu_count" min:"0" doc:"GPUs to request and limit to."`
	MinReplicas       *int    `yaml:"min_replicas" min:"0" doc:"Fewest replicas."`
	MaxReplicas       *int    `yaml:"max_replicas" min:"0" doc:"Most replicas; 0 means no limit."`
	AutoscalingMetric string  `yaml:"autoscaling_metric" enum:"cpu,memory,concurrency,rps" doc:"What replicas follow; cpu and memory render a HorizontalPodAutoscaler."`
	AutoscalingTarget Decimal `yaml:"autoscaling_target" above:"0" doc:"Target of the metric; a percentage for cpu and memory, 80 where absent."`
	MaxConcurrency    *int    `yaml:"max_concurrency" min:"1" doc:"Requests that one replica serves at once; understood, not rendered."`
}

// PodSettings holds ZenML's KubernetesPodSettings under their own names.
// Fields of the free form Map are passed to the pod as they are.
type PodSettings struct {
	NodeSelectors            Map          `yaml:"node_selectors" of:"string" pattern:"label-keys" doc:"Labels that the node must have."`
	Affinity                 Map          `yaml:"affinity" doc:"Affinity of the pods."`
	Tolerations              []Map        `yaml:"tolerations" doc:"Tolerations of the pods."`
	Resources                PodResources `yaml:"resources" doc:"Requests and limits, laid key by key over those of the resource settings."`
	Annotations              Map          `yaml:"annotations" of:"string" pattern:"annotation-keys" doc:"Annotations of the pods, over the deployer's."`
	Volumes                  []Map        `yaml:"volumes" doc:"Volumes of the pods."`
	VolumeMounts             []Map        `yaml:"volume_mounts" doc:"Volume mounts of the container."`
	HostIPC                  bool         `yaml:"host_ipc" default:"false" doc:"Whether the pods share the node's IPC namespace."`
	SchedulerName            string       `yaml:"scheduler_name" doc:"Scheduler of the pods."`
	ImagePullSecrets         []string     `yaml:"image_pull_secrets" pattern:"dns-subdomain" doc:"Further image pull secrets."`
	Labels                   Map          `yaml:"labels" of:"string" pattern:"object-labels" doc:"Labels of the pods, over the deployer's."`
	Env                      []Map        `yaml:"env" doc:"Environment entries of the container, as Kubernetes writes them."`
	EnvFrom                  []Map        `yaml:"env_from" doc:"Sources of environment variables."`
	AdditionalPodSpecArgs    Map          `yaml:"additional_pod_spec_args" doc:"Further fields of the pod spec, in snake_case or camelCase."`
	ContainerSecurityContext Map          `yaml:"container_security_context" doc:"Security context of the container."`
}

// PodResources are requests and limits as Kubernetes writes them.
type PodResources struct {
	Requests Map `yaml:"requests" of:"quantity" doc:"Requested quantities."`
	Limits   Map `yaml:"limits" of:"quantity" doc:"Limiting quantities."`
}

// A SecretKey points at one key of an existing Secret.
type SecretKey struct {
	Secret string `yaml:"secret" required:"merged" pattern:"dns-subdomain" doc:"Name of the Secret."`
	Key    string `yaml:"key" required:"merged" pattern:"secret-key" doc:"Key within the Secret."`
}

// A SecretVariable is an environment variable that a Secret supplies.
type SecretVariable struct {
	Name string `yaml:"-"`
	SecretKey
}

// A Component is a kustomize component: a built-in one by name, or a
// directory by path. In YAML it is the name alone or {name, with}.
type Component struct {
	Name string `yaml:"name" required:"true" short:"true" pattern:"text" doc:"Name of a built-in component, or the path of a directory."`
	// Path is the directory where Name is a path, empty for built-in ones.
	Path Path `yaml:"-"`
	With Map  `yaml:"with" doc:"Parameters of a built-in component; strings may use the template variables."`
}

// A ProjectSpec is the spec of a Project document.
type ProjectSpec struct {
	Key               string            `yaml:"key" pattern:"text" doc:"Random key written by init; part of every derived id and of the ownership of published files."`
	Deployments       []string          `yaml:"deployments" doc:"Globs of deployment files, relative to this file; ** matches any depth."`
	ContainerRegistry string            `yaml:"container_registry" pattern:"image" doc:"Registry of images that deployments name by pipeline."`
	Deployer          DeployerConfig    `yaml:"deployer" doc:"The deployer component's own fields."`
	Defaults          Defaults          `yaml:"defaults" doc:"Values below every environment and deployment."`
	Environments      []EnvironmentSpec `yaml:"environments" doc:"The environments that every deployment is rendered for."`
	Namespaces        Namespaces        `yaml:"namespaces" doc:"Namespace objects of all environments."`
	ClusterScoped     []string          `yaml:"cluster_scoped" pattern:"kind" doc:"Further cluster-scoped kinds, as Kind.group."`
	GitOps            GitOps            `yaml:"gitops" doc:"Where rendered manifests are published."`
	Health            []HealthCheck     `yaml:"health" doc:"When objects of your own kinds are ready, in place of the built-in rules; used by status."`
}

// A HealthCheck tells when objects of one kind are ready, in CEL and named as
// in Flux, so that what stands in a Kustomization can be pasted over:
// https://fluxcd.io/flux/components/kustomize/kustomizations/#health-check-expressions.
// What the expressions mean is judged by pkg/status, which evaluates them.
type HealthCheck struct {
	APIVersion string `yaml:"apiVersion" required:"true" pattern:"api-version" doc:"API of the objects; objects of any version of its group are meant."`
	Kind       string `yaml:"kind" required:"true" pattern:"bare-kind" doc:"Kind of the objects."`
	InProgress string `yaml:"inProgress" pattern:"expression" doc:"CEL expression that is true while an object is on its way; asked first."`
	Failed     string `yaml:"failed" pattern:"expression" doc:"CEL expression that is true where an object has failed for good; asked second."`
	Current    string `yaml:"current" required:"true" pattern:"expression" doc:"CEL expression that is true where an object is ready; asked last. Where none is true, the object is on its way."`
	// Position is where the check stands, for errors in its expressions.
	Position Position `yaml:"-"`
}

// DeployerConfig holds the fields that ZenML keeps on the deployer component.
// All but the namespace are for status only; render never reads them.
type DeployerConfig struct {
	KubernetesNamespace  string `yaml:"kubernetes_namespace" default:"zenml-deployments" pattern:"dns-label" doc:"Namespace of deployments that name none."`
	KubernetesContext    string `yaml:"kubernetes_context" doc:"kubeconfig context; used by status."`
	InCluster            bool   `yaml:"incluster" default:"false" doc:"Whether to use the pod's service account; used by status."`
	Local                bool   `yaml:"local" default:"false" doc:"Tells ZenML that the cluster is a local one. Understood, not acted on."`
	SkipLocalValidations bool   `yaml:"skip_local_validations" default:"false" doc:"Understood, not acted on."`
}

// Defaults are the values that a project or an environment may set for
// deployments.
type Defaults struct {
	Env        Map              `yaml:"env" of:"string" pattern:"variable-names" doc:"Plain environment variables of the container."`
	SecretEnv  []SecretVariable `yaml:"secretEnv" keyed:"name" pattern:"variable-names" doc:"Environment variables whose values stay in a Kubernetes Secret."`
	Settings   Settings         `yaml:"settings" doc:"Deployer and resource settings."`
	Jsonnet    Path             `yaml:"jsonnet" path:"file" doc:"Jsonnet file that rewrites the objects."`
	Components []Component      `yaml:"components" merge:"append" doc:"Kustomize components to apply."`
	Overlays   []Path           `yaml:"overlays" merge:"append" path:"directory" doc:"Overlay directories to apply."`
	Entrypoint string           `yaml:"entrypoint" enum:"zenml,image" doc:"zenml or image."`
}

// An EnvironmentSpec is one environment of a project.
type EnvironmentSpec struct {
	Name       string `yaml:"name" required:"true" pattern:"dns-label" doc:"Name of the environment."`
	Key        string `yaml:"key" pattern:"text" doc:"What derived ids are made of; defaults to the name and survives a rename."`
	Defaults   `yaml:",inline"`
	Cluster    Cluster    `yaml:"cluster" doc:"The cluster in which the pods run; used by status and engine objects, never by render."`
	Engine     Engine     `yaml:"engine" doc:"Where the GitOps engine's own objects live."`
	GitOps     GitOps     `yaml:"gitops" doc:"Changes to the project's gitops for this environment."`
	Namespaces Namespaces `yaml:"namespaces" doc:"Namespace objects of this environment."`
}

// A Cluster names the cluster of an environment.
type Cluster struct {
	Name    string `yaml:"name" doc:"Name of the cluster; ids are unique per cluster."`
	Context string `yaml:"context" doc:"kubeconfig context."`
	Server  string `yaml:"server" doc:"URL of the API server."`
}

// An Engine names what syncs an environment.
type Engine struct {
	Kind      string `yaml:"kind" enum:"argocd,flux" doc:"argocd or flux."`
	Context   string `yaml:"context" doc:"kubeconfig context of the engine's cluster; defaults to the environment's."`
	Namespace string `yaml:"namespace" pattern:"dns-label" doc:"Namespace of the engine's objects; argocd or flux-system where absent."`

	Project          string `yaml:"project" pattern:"dns-subdomain" doc:"Argo CD: the AppProject of its Applications; default where absent."`
	Destination      string `yaml:"destination" pattern:"text" doc:"Argo CD: its name of the environment's cluster, as in in-cluster, or the URL; defaults to the cluster's server, then its name, then the cluster that Argo CD runs in."`
	RepositorySecret string `yaml:"repository_secret" pattern:"dns-subdomain" doc:"Flux: the Secret that opens the repository."`
	KubeconfigSecret string `yaml:"kubeconfig_secret" pattern:"dns-subdomain" doc:"Flux: the Secret with a kubeconfig of the environment's cluster, where Flux runs in another one."`
}

// Namespaces tells how shared Namespace objects are written.
type Namespaces struct {
	Labels Map   `yaml:"labels" of:"string" pattern:"object-labels" doc:"Labels of Namespace objects."`
	Manage *bool `yaml:"manage" default:"true" doc:"Whether Namespace objects are written; false where another team owns them."`
}

// GitOps tells where manifests are published.
type GitOps struct {
	Repository string `yaml:"repository" doc:"URL or path of the repository with rendered manifests."`
	URL        string `yaml:"url" pattern:"repository-url" doc:"URL under which the engine reaches the repository; defaults to repository where that is a URL."`
	Branch     string `yaml:"branch" default:"main" doc:"Branch to publish to; may contain {{environment}}."`
	Path       string `yaml:"path" default:"{{environment}}/{{namespace}}/{{deployment}}" doc:"Directory of a deployment."`
	Review     string `yaml:"review" default:"direct" enum:"direct,pull-request" doc:"Whether commits go straight to the branch or through a pull request."`
	Source     Source `yaml:"source" doc:"The repository of the settings."`
	Message    string `yaml:"message" doc:"Template of commit messages; docs/provenance.md lists its fields and functions."`
	GroupBy    string `yaml:"group_by" default:"deployment" enum:"deployment,namespace,environment" doc:"How engine objects and pull requests are grouped."`

	Deletions    Deletions   `yaml:"deletions" doc:"How many objects one publish may delete from an environment without being asked."`
	ReviewBranch string      `yaml:"review_branch" pattern:"text" doc:"Branch from which pull requests are opened, a template as branch is; defaults to lading/{{project}}/{{environment}}, without a project to lading/{{environment}}. What group_by names is appended where the template does not have it."`
	PullRequest  PullRequest `yaml:"pull_request" doc:"What pull requests are like."`
	Forge        Forge       `yaml:"forge" doc:"The server on which pull requests are opened."`

	Hydrator string `yaml:"hydrator" default:"off" enum:"off,branch,next" doc:"Whether branches tell which commit they were rendered from, as Argo CD's source hydrator and gitops-promoter do: off, on the branch itself, or on <branch>-next, from which gitops-promoter opens pull requests."`

	AutoscalingHandover string `yaml:"autoscaling_handover" default:"auto" enum:"auto,manual,off" doc:"How a running Deployment loses spec.replicas to an autoscaler: auto in two publishes (with Flux the second one waits for --finish-handover), manual with --finish-handover for the second one, off at once."`
}

// A PullRequest tells what pull requests are like.
type PullRequest struct {
	Labels    []string `yaml:"labels" pattern:"text" doc:"Labels; lading/deletes is added where much would be deleted."`
	Reviewers []string `yaml:"reviewers" pattern:"text" doc:"Who is asked to look: users, and teams as org/team where the forge has them."`
	Draft     bool     `yaml:"draft" default:"false" doc:"Whether pull requests are opened as drafts."`
	AutoMerge bool     `yaml:"auto_merge" default:"false" doc:"Whether a new pull request is merged by the forge once its checks pass; a change of its content turns that off."`
}

// A Forge is the server on which pull requests are opened.
type Forge struct {
	Kind string `yaml:"kind" enum:"azure,bitbucket,forgejo,gitea,github,gitlab" doc:"What the server runs; found out from the repository's address where absent."`
	API  string `yaml:"api" pattern:"text" doc:"URL of its API, where that does not follow from the repository's."`
}

// Deletions bound what one publish may delete from an environment.
type Deletions struct {
	MaxObjects int `yaml:"max_objects" default:"50" min:"0" doc:"Most objects that one publish deletes from an environment."`
	MaxPercent int `yaml:"max_percent" default:"30" min:"0" max:"100" doc:"Most of an environment's objects, in percent; up to 5 objects are never too many."`
}

// A Source describes the repository that holds the settings.
type Source struct {
	Branch string `yaml:"branch" default:"main" doc:"The branch whose renders may be published."`
}
