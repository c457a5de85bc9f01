package settings

import "regexp"

// What a run configuration may hold and a deployment does not, and why. The
// texts complete "x is left out: …".

const (
	whyUnknown = "no key of that name is known"
	whyRun     = "part of the pipeline's runs, which ZenML configures in its own code"
	whyStatus  = "a field of the deployer component, see spec.deployer of lading.yaml"
)

// zenmlRunKeys are the keys beside settings and environment.
var zenmlRunKeys = map[string]string{
	"build":                         "write the image of that build into spec.image",
	"cache_policy":                  whyRun,
	"cleanup_hook_source":           whyRun,
	"deployment":                    whyServer,
	"enable_artifact_metadata":      whyRun,
	"enable_artifact_visualization": whyRun,
	"enable_cache":                  whyRun,
	"enable_heartbeat":              whyRun,
	"enable_pipeline_logs":          whyRun,
	"enable_step_logs":              whyRun,
	"end_hook_source":               whyRun,
	"execution_mode":                whyRun,
	"extra":                         whyRun,
	"failure_hook_source":           whyRun,
	"init_hook_kwargs":              whyRun,
	"init_hook_source":              whyRun,
	"model":                         whyRun,
	"name":                          whyRun,
	"parameters":                    whyRun,
	"retry":                         whyRun,
	"run_name":                      whyRun,
	"schedule":                      "a deployment answers requests; schedules stay with ZenML",
	"secrets":                       "secrets of the ZenML server are not read; name Secrets of the cluster in spec.secretEnv",
	"start_hook_source":             whyRun,
	"steps":                         "a deployment runs all steps in one container, whose settings are those of the pipeline; ZenML's deployer ignores settings of steps, too",
	"substitutions":                 whyRun,
	"success_hook_source":           whyRun,
	"tags":                          whyRun,
}

const whyServer = "part of the server in the image, which ZenML configures in its own code"

// zenmlOtherSettings are the groups of settings that are not for components
// of the stack.
var zenmlOtherSettings = map[string]string{
	"deployment": whyServer,
	"docker":     "images are built by ZenML or your CI; spec.image or spec.pipeline names the result",
}

// zenmlComponents are the kinds of components that have settings.
var zenmlComponents = []string{
	"alerter", "annotator", "artifact_store", "container_registry", "data_validator", "experiment_tracker",
	"feature_store", "image_builder", "log_store", "model_deployer", "model_registry", "orchestrator", "step_operator",
}

// zenmlLeftOut are fields, by their path below settings, that are not taken
// over although ZenML or lading knows them.
var zenmlLeftOut = map[string]string{
	"deployer.auth_key":                        "a key never belongs in Git; put it into a Secret of the cluster and name that in spec.auth: {secret: NAME, key: KEY}",
	"deployer.atomic_provision":                "nothing is applied, a failed rollout is reverted in Git",
	"deployer.custom_deployment_template_file": "put the file as deployment.yaml.j2 into a directory and name that in custom_templates_dir",
	"deployer.custom_service_template_file":    "put the file as service.yaml.j2 into a directory and name that in custom_templates_dir",
	"deployer.incluster":                       whyStatus,
	"deployer.kubernetes_context":              whyStatus,
	"deployer.kubernetes_namespace":            whyStatus,
	"deployer.local":                           whyStatus,
	"deployer.skip_local_validations":          whyStatus,
	"deployer.url_preference":                  "nothing is deployed, so there is no address to choose",
}

// zenmlSecretName recognises variables whose values should not be plain text.
var zenmlSecretName = regexp.MustCompile(`(?i)(secret|token|passw|passphrase|credential|private_?key|api_?key|access_?key)`)

// zenmlReference recognises a value that the ZenML server would fill in.
var zenmlReference = regexp.MustCompile(`^\s*\{\{[^{}]*\}\}\s*$`)

// pythonBools are the plain words that Python's YAML 1.1 takes for booleans.
var pythonBools = map[string]string{
	"yes": "true", "Yes": "true", "YES": "true",
	"true": "true", "True": "true", "TRUE": "true",
	"on": "true", "On": "true", "ON": "true",
	"no": "false", "No": "false", "NO": "false",
	"false": "false", "False": "false", "FALSE": "false",
	"off": "false", "Off": "false", "OFF": "false",
}
