package render

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/lading-dev/lading/internal/hint"
	"github.com/lading-dev/lading/internal/nearest"
	"github.com/lading-dev/lading/pkg/manifest"
)

// What lading does with the fields of a kustomization: some are refused, the
// deprecated ones take their modern form, and every file that one names is
// copied into memory, where the made-up name takes the place of its own.

// refusedFields says why lading does not support fields that kustomize knows.
var refusedFields = map[string]struct{ why, hint string }{
	"helmChartInflationGenerator": {"helm charts are fetched and run by another program", "render the chart once and list the result under resources"},
	"helmCharts":                  {"helm charts are fetched and run by another program", "render the chart once and list the result under resources"},
	"helmGlobals":                 {"helm charts are fetched and run by another program", "render the chart once and list the result under resources"},
	"openapi":                     {"openapi changes how all later overlays are merged, those of other deployments too", "use JSON patches where lists must be merged in another way"},
	"vars":                        {"vars is deprecated and replaces text anywhere", "use replacements"},
}

// idleFields are fields without an effect, and why.
var idleFields = map[string]string{
	"buildMetadata": "lading keeps track of origins itself",
	"sortOptions":   "objects keep the order of the stream",
}

// checkFields looks at the names of the fields.
func (b *build) checkFields(k *kustomization, value map[string]any) bool {
	known := kustomizationFields()
	accepted := slices.DeleteFunc(slices.Clone(known), func(name string) bool { return refusedFields[name].why != "" })
	before := len(b.wrong)
	for _, name := range slices.Sorted(maps.Keys(value)) {
		switch {
		case !slices.Contains(known, name):
			b.refuse(k.spot(name), fmt.Sprintf("%q is no field of a kustomization", name), nearest.Hint(name, accepted))
		case refusedFields[name].why != "":
			b.refuse(k.spot(name), refusedFields[name].why, refusedFields[name].hint)
		case deprecatedFields[name] != "":
			b.warn(k.spot(name), fmt.Sprintf("%s is deprecated by kustomize", name), fmt.Sprintf("use %s", deprecatedFields[name]))
		case idleFields[name] != "":
			b.warn(k.spot(name), fmt.Sprintf("%s has no effect: %s", name, idleFields[name]), "remove it")
		}
	}
	return len(b.wrong) == before
}

// adopt copies what the kustomization names into memory.
func (b *build) adopt(k *kustomization) {
	f := &k.fields
	b.adoptResources(k)
	for i, name := range f.Components {
		f.Components[i] = b.directory(k, types.ComponentKind, name, k.whence("components", i))
	}
	b.modernise(f)
	b.adoptPatches(k)
	for i := range f.ConfigMapGenerator {
		b.generator(k, &f.ConfigMapGenerator[i].GeneratorArgs, "ConfigMap", k.whence("configMapGenerator", i))
	}
	for i := range f.SecretGenerator {
		b.generator(k, &f.SecretGenerator[i].GeneratorArgs, "Secret", k.whence("secretGenerator", i))
	}
	for i := range f.Replacements {
		if f.Replacements[i].Path != "" {
			f.Replacements[i].Path = b.yaml(k, f.Replacements[i].Path, k.whence("replacements", i))
		}
	}
	for i, name := range f.Configurations {
		f.Configurations[i] = b.yaml(k, name, k.whence("configurations", i))
	}
	for i, name := range f.Crds {
		f.Crds[i] = b.yaml(k, name, k.whence("crds", i))
	}
	b.plugins(k, "generators", f.Generators)
	b.plugins(k, "transformers", f.Transformers)
	b.plugins(k, "validators", f.Validators)
}

// resources copies files of objects and loads bases.
func (b *build) resources(k *kustomization, field string, names []string) []string {
	var out []string
	for i, name := range names {
		at := k.whence(field, i)
		file, info := b.locate(k, name, at)
		switch {
		case info == nil:
		case info.IsDir():
			out = append(out, b.directory(k, types.KustomizationKind, name, at))
		default:
			madeUp, docs := b.copyYAML(k, file, at)
			b.addObjects(file, docs)
			out = append(out, madeUp)
		}
	}
	return out
}

func (b *build) addObjects(file string, docs []manifest.Document) {
	for i, d := range docs {
		body, ok := d.Value.(map[string]any)
		if !ok {
			b.refuse(spot{file, d.Line}, "is "+typeName(d.Value)+", want an object", "")
			continue
		}
		if o := (&manifest.Object{Body: body}); o.APIVersion() == "" || o.Kind() == "" || o.Name() == "" && body["items"] == nil {
			b.refuse(spot{file, d.Line}, "object lacks apiVersion, kind or metadata.name", "a change of an object that is there already goes under patches")
			continue
		}
		line := d.Line
		if b.component != nil {
			line = b.component.templates[path.Base(file)].lines[i]
		}
		b.added = append(b.added, added{spot{file, line}, candidateOf(&manifest.Object{Body: body})})
	}
}

// directory loads a base or component and returns its made-up name.
func (b *build) directory(k *kustomization, kind, name string, at whence) string {
	dir, info := b.locate(k, name, at)
	if info == nil {
		return ""
	}
	if sub := b.kustomization(dir, kind, at); sub != nil {
		return ".." + sub.dir
	}
	return ""
}

// yaml copies a file of YAML and returns its made-up name.
func (b *build) yaml(k *kustomization, name string, at whence) string {
	file, info := b.locate(k, name, at)
	if info == nil {
		return ""
	}
	madeUp, _ := b.copyYAML(k, file, at)
	return madeUp
}

// copyYAML copies a file of YAML in a form in which it means one thing to
// every reader.
func (b *build) copyYAML(k *kustomization, file string, at whence) (string, []manifest.Document) {
	data, ok := b.content(file, at)
	if !ok {
		return "", nil
	}
	docs := b.documents(func() spot { return spot{file, 1} }, data)
	return b.store(k, file, docs), docs
}

// store writes documents into memory and returns the made-up name.
func (b *build) store(k *kustomization, file string, docs []manifest.Document) string {
	var text []byte
	for i, d := range docs {
		one, err := encodeJSON(d.Value)
		if err != nil {
			b.refuse(spot{file, d.Line}, err.Error(), "")
			return ""
		}
		if i > 0 {
			text = append(text, "---\n"...)
		}
		text = append(text, one...)
	}
	return b.put(k, file, text)
}

func (b *build) put(k *kustomization, file string, text []byte) string {
	name := b.makeUp(k, file)
	if err := b.write(k.dir+"/"+name, text); err != nil {
		b.refuse(spot{file: file}, err.Error(), "")
	}
	return name
}

// content reads a file, within the bounds of an overlay.
func (b *build) content(file string, at whence) ([]byte, bool) {
	data, err := b.read(file)
	if err != nil {
		b.refuse(at(), reason(err), hint.Of(err))
		return nil, false
	}
	b.bytes += len(data)
	if b.bytes > maxOverlayBytes || len(b.names) > maxOverlayFiles {
		b.refuse(at(), fmt.Sprintf("the overlay has more than %d files or %d MB", maxOverlayFiles, maxOverlayBytes>>20), "")
		return nil, false
	}
	return data, true
}

// generator copies the files of a generated ConfigMap or Secret.
func (b *build) generator(k *kustomization, args *types.GeneratorArgs, kind string, at whence) {
	b.added = append(b.added, added{at(), candidate{version: "v1", kind: kind, name: args.Name, namespace: args.Namespace}})
	for i, source := range args.FileSources {
		key, name, ok := strings.Cut(source, "=")
		if !ok {
			key, name = path.Base(source), source
		}
		args.FileSources[i] = key + "=" + b.raw(k, name, at)
	}
	if args.EnvSource != "" {
		args.EnvSources, args.EnvSource = append(args.EnvSources, args.EnvSource), ""
	}
	for i, name := range args.EnvSources {
		args.EnvSources[i] = b.raw(k, name, at)
	}
}

// raw copies a file as it is and returns its made-up name.
func (b *build) raw(k *kustomization, name string, at whence) string {
	file, info := b.locate(k, name, at)
	if info == nil {
		return ""
	}
	data, ok := b.content(file, at)
	if !ok {
		return ""
	}
	return b.put(k, file, data)
}

// locate finds what a kustomization names, in its own directory or elsewhere
// in the root. It returns no info where something is wrong.
func (b *build) locate(k *kustomization, name string, at whence) (string, fs.FileInfo) {
	file := path.Join(k.folder, name)
	switch {
	case name == "":
		b.refuse(at(), "path is empty, want a file or directory", "")
		return "", nil
	case isRemote(name):
		b.refuse(at(), fmt.Sprintf("%q is remote, and nothing is fetched during a render", name), "copy it into the project and name the copy")
		return "", nil
	case path.IsAbs(name):
		b.refuse(at(), fmt.Sprintf("path %q is absolute, want one relative to the kustomization", name), "")
		return "", nil
	case !b.confined(file):
		b.refuse(at(), fmt.Sprintf("path %q leads out of the root, want one inside", name), "copy what lies there into the project")
		return "", nil
	}
	if b.component != nil {
		return file, templateInfo{}
	}
	info, err := fs.Stat(b.files, file)
	switch {
	case err == nil:
		return file, info
	case !errors.Is(err, fs.ErrNotExist):
		b.refuse(at(), reason(err), hint.Of(err))
	case looksRemote(name):
		b.refuse(at(), fmt.Sprintf("%q does not exist; if it is remote: nothing is fetched during a render", name), "copy it into the project and name the copy")
	default:
		b.refuse(at(), fmt.Sprintf("%q does not exist", name), "")
	}
	return "", nil
}

// confined tells whether a path stays where the overlay lies: in the root, or
// in what --allow-path allows, which begins with "@". How far within that, the
// file system itself sees to.
func (b *build) confined(file string) bool {
	outside := file == ".." || strings.HasPrefix(file, "../")
	return !outside && strings.HasPrefix(b.dir, "@/") == strings.HasPrefix(file, "@/")
}

// isRemote tells which names kustomize would fetch.
func isRemote(name string) bool {
	return strings.Contains(name, "://") || strings.HasPrefix(name, "git@") || strings.HasPrefix(name, "git::")
}

func looksRemote(name string) bool {
	host, _, _ := strings.Cut(strings.TrimPrefix(name, "www."), "/")
	return strings.Contains(name, "?ref=") || strings.Contains(name, ".git") ||
		slices.Contains([]string{".com", ".org", ".io", ".net", ".dev"}, path.Ext(host))
}

// A templateInfo says that a file of a built-in component is one.
type templateInfo struct{ fs.FileInfo }

// IsDir implements [fs.FileInfo].
func (templateInfo) IsDir() bool { return false }
