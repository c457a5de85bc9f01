package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
)

// Generators, transformers and validators may be programs of any kind, which
// kustomize runs or pulls as images. lading has the built-in ones only.

// builtinPlugins are the kinds of plugin that are part of kustomize and reach
// for nothing outside the kustomization.
var builtinPlugins = []string{
	"AnnotationsTransformer",
	"ConfigMapGenerator",
	"HashTransformer",
	"IAMPolicyGenerator",
	"ImageTagTransformer",
	"LabelTransformer",
	"NamespaceTransformer",
	"PatchJson6902Transformer",
	"PatchStrategicMergeTransformer",
	"PatchTransformer",
	"PrefixSuffixTransformer",
	"PrefixTransformer",
	"ReplacementTransformer",
	"ReplicaCountTransformer",
	"SecretGenerator",
	"SuffixTransformer",
	"ValueAddTransformer",
}

// plugins checks the configurations of plugins, which stand in files or in the
// kustomization itself, and puts files of memory in their place.
func (b *build) plugins(k *kustomization, field string, list []string) {
	for i, entry := range list {
		at := k.whence(field, i)
		docs, file := b.inline(k, entry, field, i)
		if docs == nil {
			var info interface{ IsDir() bool }
			if file, info = b.locateFile(k, entry, at); info == nil {
				continue
			}
			data, ok := b.content(file, at)
			if !ok {
				continue
			}
			docs = b.documents(func() spot { return spot{file, 1} }, data)
		}
		for _, d := range docs {
			b.plugin(k, d, at)
		}
		list[i] = b.store(k, file, docs)
	}
}

// inline returns the documents of an entry that is YAML itself and not the
// name of a file.
func (b *build) inline(k *kustomization, entry, field string, i int) ([]manifest.Document, string) {
	docs := manifest.Documents([]byte(entry))
	if len(docs) == 0 {
		return nil, ""
	}
	if _, isText := docs[0].Value.(string); isText || !strings.ContainsAny(entry, ":\n") {
		return nil, ""
	}
	return b.documents(k.textWhence(field, i), []byte(entry)), k.file
}

// locateFile finds a file and refuses directories.
func (b *build) locateFile(k *kustomization, name string, at whence) (string, interface{ IsDir() bool }) {
	file, info := b.locate(k, name, at)
	if info == nil {
		return "", nil
	}
	if info.IsDir() {
		b.refuse(at(), fmt.Sprintf("%q is a directory, want a file", name), "list its files")
		return "", nil
	}
	return file, info
}

// plugin checks the configuration of one plugin and copies what it names.
func (b *build) plugin(k *kustomization, d manifest.Document, at whence) {
	config, ok := d.Value.(map[string]any)
	if !ok {
		b.refuse(at(), "is "+typeName(d.Value)+", want the configuration of a built-in plugin", "")
		return
	}
	o := &manifest.Object{Body: config}
	switch {
	case o.APIVersion() != "builtin" || !slices.Contains(builtinPlugins, o.Kind()):
		b.refuse(at(), fmt.Sprintf("plugin %s %s is not built in, and nothing else is run during a render", o.APIVersion(), o.Kind()),
			"want apiVersion: builtin and one of "+strings.Join(builtinPlugins, ", "))
	case annotation(o, "config.kubernetes.io/function") != "" || annotation(o, "config.k8s.io/function") != "":
		b.refuse(at(), fmt.Sprintf("plugin %s names a function, and no program is run during a render", o.Kind()), "remove the annotation")
	default:
		b.pluginFiles(k, config, at)
	}
}

// pluginFiles copies the files that a plugin's configuration names. kustomize
// reads the names of its fields whatever their case.
func (b *build) pluginFiles(k *kustomization, config map[string]any, at whence) {
	for key, value := range config {
		switch strings.ToLower(key) {
		case "path":
			config[key] = b.pluginFile(k, value, at)
		case "paths":
			b.pluginList(value, func(text string) string {
				if strings.Contains(text, "\n") {
					return text // a patch, not the name of one
				}
				return b.yaml(k, text, at)
			})
		case "env":
			if name, ok := value.(string); ok {
				config[key] = b.raw(k, name, at)
			}
		case "envs":
			b.pluginList(value, func(name string) string { return b.raw(k, name, at) })
		case "files":
			b.pluginList(value, func(source string) string {
				key, name, ok := strings.Cut(source, "=")
				if !ok {
					key, name = source[strings.LastIndex(source, "/")+1:], source
				}
				return key + "=" + b.raw(k, name, at)
			})
		case "replacements":
			list, _ := value.([]any)
			for _, item := range list {
				if m, ok := item.(map[string]any); ok {
					b.pluginFiles(k, m, at)
				}
			}
		}
	}
}

func (b *build) pluginFile(k *kustomization, value any, at whence) any {
	name, ok := value.(string)
	if !ok || name == "" {
		return value
	}
	return b.yaml(k, name, at)
}

func (b *build) pluginList(value any, replace func(string) string) {
	list, _ := value.([]any)
	for i, item := range list {
		if text, ok := item.(string); ok {
			list[i] = replace(text)
		}
	}
}
