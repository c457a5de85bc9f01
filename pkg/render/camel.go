package render

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/lading-dev/lading/pkg/settings"
)

// ZenML takes pod settings from Python, where Kubernetes' fields have
// snake_case names. Kubernetes itself has no field with an underscore, so the
// names can be told apart at any depth, but for the mappings whose keys are
// the user's.

// userKeys are the fields whose values are mappings with keys of the user's.
var userKeys = map[string]bool{
	"annotations": true, "labels": true, "limits": true, "matchLabels": true, "nodeSelector": true,
	"options": true, "overhead": true, "requests": true, "volumeAttributes": true,
}

// irregular are the names that do not follow from their snake_case form.
var irregular = map[string]string{
	"dataset_uuid":         "datasetUUID",
	"disk_uri":             "diskURI",
	"host_ip":              "hostIP",
	"host_ipc":             "hostIPC",
	"host_pid":             "hostPID",
	"pd_id":                "pdID",
	"scale_io":             "scaleIO",
	"set_hostname_as_fqdn": "setHostnameAsFQDN",
	"storage_policy_id":    "storagePolicyID",
	"target_ww_ns":         "targetWWNs",
	"target_wwns":          "targetWWNs",
	"volume_id":            "volumeID",
}

var snakeCase = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)+$`)

// kubernetesName returns a field's name as Kubernetes writes it.
func kubernetesName(name string) string {
	if known, ok := irregular[name]; ok {
		return known
	}
	if !snakeCase.MatchString(name) {
		return name
	}
	words := strings.Split(name, "_")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

// kubernetesNames renames the fields of settings; a field that is there under
// both of its names is wrong.
type kubernetesNames struct {
	c     *renderContext
	wrong *problems
}

func (k *kubernetesNames) mapping(path string, m settings.Map) settings.Map {
	if len(m) == 0 {
		return m
	}
	out := make(settings.Map, 0, len(m))
	for _, entry := range m {
		name := kubernetesName(entry.Key)
		if _, twice := out.Get(name); twice {
			k.wrong.add(k.c.at(keyPath(path, entry.Key)), fmt.Sprintf("is there as %s too, want one of them", name), "remove one")
		}
		value := entry.Value
		if !userKeys[name] {
			value = k.value(keyPath(path, entry.Key), value)
		}
		out = append(out, settings.Entry{Key: name, Value: value})
	}
	return out
}

func (k *kubernetesNames) list(path string, list []any) []any {
	out := make([]any, len(list))
	for i, item := range list {
		out[i] = k.value(fmt.Sprintf("%s[%d]", path, i), item)
	}
	return out
}

func (k *kubernetesNames) value(path string, v any) any {
	switch v := v.(type) {
	case settings.Map:
		return k.mapping(path, v)
	case []any:
		return k.list(path, v)
	}
	return v
}
