package status

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/lading-dev/lading/pkg/manifest"
)

// unconfigured is the cause where kubelet cannot put a container's
// configuration together. A missing object may still be created; a key that
// an object lacks, or a wrong user, does not come by waiting.
func unconfigured(c containerCase) (Result, bool) {
	state, message := c.waits()
	if state != "CreateContainerConfigError" {
		return Result{}, false
	}
	if r, ok := c.lacking(message); ok {
		return r, true
	}
	if strings.Contains(message, "runAsNonRoot") {
		return failed(c.Pod, runsAsRoot, "%s may not start: %s", c, oneLine(message)).
			set("settings.deployer.pod_settings.container_security_context").
			next("set run_as_user to the image's user id, or give the image a numeric user"), true
	}
	return progressing(c.Pod, containerConfig, "%s cannot be configured: %s", c, oneLine(message)).next("%s", c.describe()), true
}

// lackables are the objects that a pod may lack, by the words before their
// quoted names.
var lackables = []struct {
	words, kind string
	reason      Reason
}{
	{"secret", "Secret", secretMissing},
	{"secrets", "Secret", secretMissing},
	{"configmap", "ConfigMap", configMapMissing},
	{"configmaps", "ConfigMap", configMapMissing},
	{"persistentvolumeclaim", "PersistentVolumeClaim", claimMissing},
	{"persistentvolumeclaims", "PersistentVolumeClaim", claimMissing},
}

// lacking reads a message about an object, or a key of one, that is missing.
func (p *podCase) lacking(message string) (Result, bool) {
	if r, ok := p.lackingKey(message); ok {
		return r, true
	}
	if !strings.Contains(message, "not found") {
		return Result{}, false
	}
	for _, l := range lackables {
		if name, ok := quotedAfter(message, l.words); ok {
			return p.lackingObject(l.reason, p.near(l.kind, name)), true
		}
	}
	return Result{}, false
}

func (p *podCase) lackingObject(reason Reason, id manifest.ID) Result {
	return progressing(p.Pod, reason, "pod %s needs %s %q, which is not in namespace %s", p.Name, id.Kind, id.Name, p.Namespace).
		about(id).set(p.settingOf(id, "")).next("%s", creating(id))
}

// creating says how a missing object is made.
func creating(id manifest.ID) string {
	switch id.Kind {
	case "Secret":
		return "create it, as with kubectl create secret generic " + id.Name + " -n " + id.Namespace + " --from-env-file=FILE; the pod then starts by itself"
	case "ConfigMap":
		return "create it, as with kubectl create configmap " + id.Name + " -n " + id.Namespace + " --from-env-file=FILE; the pod then starts by itself"
	}
	return "add it to settings.deployer.additional_resources, or create it; the pod then starts by itself"
}

// lackingKey reads "couldn't find key K in Secret ns/name" of the environment,
// and "references non-existent secret key: K" of volumes.
func (p *podCase) lackingKey(message string) (Result, bool) {
	if _, rest, ok := strings.Cut(message, "couldn't find key "); ok {
		if words := strings.Fields(rest); len(words) >= 4 && words[1] == "in" {
			_, name, _ := strings.Cut(words[3], "/")
			return p.withoutKey(words[0], p.near(words[2], strings.TrimRight(name, ",.")))
		}
	}
	for kind, words := range map[string]string{"Secret": "references non-existent secret key: ", "ConfigMap": "references non-existent config key: "} {
		if _, key, ok := strings.Cut(message, words); ok {
			return p.withoutKey(key, p.near(kind, ""))
		}
	}
	return Result{}, false
}

func (p *podCase) withoutKey(key string, id manifest.ID) (Result, bool) {
	reason := secretKeyMissing
	if id.Kind == "ConfigMap" {
		reason = configKeyMissing
	}
	r := failed(p.Pod, reason, "pod %s asks for key %q, which its %s %s does not have", p.Name, key, id.Kind, id.Name).
		set(p.settingOf(id, key)).next("add the key, or name another one; %s shows the pod's volumes", p.describe())
	if id.Name == "" {
		return r, true
	}
	return r.about(id).next("add the key, or name one of those that %s shows", kubectl("describe", id)), true
}

// settingOf returns the settings field that makes the pod need an object, or a
// key of it. A pod does not tell whether a variable with a value of a Secret is
// one of secretEnv, as is recommended, or of pod_settings.env: whoever has the
// settings can tell by the variable.
func (p *podCase) settingOf(id manifest.ID, key string) string {
	for _, c := range slices.Concat(p.Spec.InitContainers, p.Spec.Containers) {
		if fromSources(c.EnvFrom, id) {
			return "settings.deployer.pod_settings.env_from"
		}
		switch name, ok := variableFrom(c.Env, id, key); {
		case ok && id.Kind == "Secret":
			return "secretEnv." + name
		case ok:
			return "settings.deployer.pod_settings.env"
		}
	}
	return "settings.deployer.pod_settings.volumes"
}

func fromSources(sources []corev1.EnvFromSource, id manifest.ID) bool {
	for _, s := range sources {
		if s.SecretRef != nil && id.Kind == "Secret" && s.SecretRef.Name == id.Name ||
			s.ConfigMapRef != nil && id.Kind == "ConfigMap" && s.ConfigMapRef.Name == id.Name {
			return true
		}
	}
	return false
}

// variableFrom returns the first variable that has its value from an object, of
// the key where one is named.
func variableFrom(variables []corev1.EnvVar, id manifest.ID, key string) (string, bool) {
	for _, v := range variables {
		kind, name, has := sourceOf(v)
		if kind == id.Kind && name == id.Name && (key == "" || key == has) {
			return v.Name, true
		}
	}
	return "", false
}

// sourceOf returns the object and the key that a variable has its value from.
func sourceOf(v corev1.EnvVar) (kind, name, key string) {
	switch from := v.ValueFrom; {
	case from == nil:
	case from.SecretKeyRef != nil:
		return "Secret", from.SecretKeyRef.Name, from.SecretKeyRef.Key
	case from.ConfigMapKeyRef != nil:
		return "ConfigMap", from.ConfigMapKeyRef.Name, from.ConfigMapKeyRef.Key
	}
	return "", "", ""
}
