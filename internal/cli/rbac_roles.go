// Permissions computed from rendered objects, and the Roles that grant them.

package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/internal/observe"
	"github.com/lading-dev/lading/internal/preflight"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
	"github.com/lading-dev/lading/pkg/status"
)

// A grant is what may be done with a resource. The namespace is empty where the
// resource has none. ofEngine is for the engine's own objects, which may be in
// another cluster.
type grant struct {
	namespace       string
	group, resource string
	verbs           string // separated by commas, in the order in which they are printed
	ofEngine        bool
}

const (
	reading = "list,watch"
	writing = "create,get,list,watch,update,patch,delete"
	// making leaves out delete: lading asks engines to keep what is shared.
	making = "create,get,list,watch,update,patch"
)

// A kindName is a kind of some group.
type kindName struct{ group, kind string }

// A granting computes what an environment needs.
type granting struct {
	environment settings.EnvironmentSpec
	objects     []*manifest.Object
	// plurals are the resources of kinds that are defined among the objects.
	plurals map[kindName]string
	// served are those of the cluster, nil where none is asked.
	served *kube.Resources
}

func (g *granting) learnPlurals() {
	for _, o := range g.objects {
		if o.Kind() != "CustomResourceDefinition" {
			continue
		}
		group, _ := o.Field("spec", "group")
		kind, _ := o.Field("spec", "names", "kind")
		plural, _ := o.Field("spec", "names", "plural")
		g.plurals[kindName{fmt.Sprint(group), fmt.Sprint(kind)}] = fmt.Sprint(plural)
	}
}

// resource is what roles call a kind. Kinds that neither the objects define nor
// a cluster is asked for follow the rule of English that nearly all of them
// follow.
func (g *granting) resource(group, kind string) string {
	if plural := g.plurals[kindName{group, kind}]; plural != "" {
		return plural
	}
	if g.served != nil {
		if r, ok := g.served.Find(group, kind); ok {
			return r.Name
		}
	}
	return pluralOf(kind)
}

func pluralOf(kind string) string {
	name := strings.ToLower(kind)
	switch {
	case name == "endpoints":
		return name
	case strings.HasSuffix(name, "y") && !strings.ContainsAny(name[max(0, len(name)-2):len(name)-1], "aeiou"):
		return name[:len(name)-1] + "ies"
	case strings.HasSuffix(name, "s"), strings.HasSuffix(name, "x"), strings.HasSuffix(name, "ch"), strings.HasSuffix(name, "sh"):
		return name + "es"
	}
	return name + "s"
}

// needed returns the grants for a purpose, ordered and each once.
func (g *granting) needed(purpose string, fl *fleet) []grant {
	var all []grant
	switch purpose {
	case "engine":
		all = g.forEngine()
	case "preflight":
		all = g.forPreflight(fl)
	case "status":
		all = g.forStatus(fl)
	case "logs":
		all = g.forLogs()
	default:
		all = append(g.forStatus(fl), g.forLogs()...)
	}
	slices.SortFunc(all, func(a, b grant) int {
		return cmp.Or(compareBool(a.ofEngine, b.ofEngine), cmp.Compare(a.namespace, b.namespace),
			cmp.Compare(a.group, b.group), cmp.Compare(a.resource, b.resource), cmp.Compare(len(b.verbs), len(a.verbs)))
	})
	// More verbs come first, and have the fewer ones among them.
	return slices.CompactFunc(all, func(a, b grant) bool {
		a.verbs = b.verbs
		return a == b
	})
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// forStatus grants what status itself says that it reads.
func (g *granting) forStatus(fl *fleet) []grant {
	var targets []*committed.Target
	for _, r := range fl.rendered {
		if r.output == nil {
			continue
		}
		targets = append(targets, &committed.Target{
			Target:          status.Target{ResourceName: r.settings.ResourceName(), Objects: r.output.Set.Objects()},
			EnvironmentSpec: g.environment,
		})
	}
	var all []grant
	for _, w := range observe.Wants(targets, func() bool { return false }) {
		all = append(all, grant{w.Namespace, w.Group, g.resource(w.Group, w.Kind), reading, false})
	}
	for _, w := range observe.EngineWants(targets) {
		all = append(all, grant{w.Namespace, w.Group, g.resource(w.Group, w.Kind), reading, true})
	}
	return all
}

// forLogs grants Deployments, too, whose end ends following.
func (g *granting) forLogs() []grant {
	var all []grant
	for _, namespace := range g.namespaces() {
		all = append(all, grant{namespace, "", "pods", reading, false}, grant{namespace, "", "pods/log", "get", false},
			grant{namespace, "apps", "deployments", reading, false})
	}
	return all
}

func (g *granting) forPreflight(fl *fleet) []grant {
	var all []grant
	for _, w := range preflight.Wanted(preflight.Input{Objects: g.objects, Engine: preflightEngine(fl, g.environment)}) {
		all = append(all, grant{w.Namespace, w.Group, g.resource(w.Group, w.Kind), "list", w.Engine})
	}
	return all
}

// forEngine grants what the reference lists for the deployer, with patch, since
// engines apply on the server's side, and further kinds as they are rendered.
func (g *granting) forEngine() []grant {
	var all []grant
	for _, namespace := range g.namespaces() {
		for _, r := range [][3]string{
			{"apps", "deployments", writing}, {"", "services", writing}, {"", "secrets", writing},
			{"", "pods", "get," + reading}, {"", "pods/log", "get"},
		} {
			all = append(all, grant{namespace, r[0], r[1], r[2], false})
		}
	}
	for _, o := range g.objects {
		verbs := writing
		if o.Namespace() == "" && (o.Kind() == "Namespace" || o.Kind() == "CustomResourceDefinition") {
			verbs = making
		}
		all = append(all, grant{o.Namespace(), o.Group(), g.resource(o.Group(), o.Kind()), verbs, false})
	}
	return all
}

// namespaces are those that objects lie in.
func (g *granting) namespaces() []string {
	var names []string
	for _, o := range g.objects {
		if n := o.Namespace(); n != "" {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// permissions are the single ones that grants stand for.
func permissions(grants []grant) []kube.Permission {
	var all []kube.Permission
	for _, g := range grants {
		resource, sub, _ := strings.Cut(g.resource, "/")
		for verb := range strings.SplitSeq(g.verbs, ",") {
			all = append(all, kube.Permission{Verb: verb, Group: g.group, Resource: resource, Subresource: sub, Namespace: g.namespace})
		}
	}
	return all
}

// rolesOf makes a Role and its binding of the grants of each namespace, and a
// ClusterRole of those without one.
func rolesOf(name string, grants []grant, subject map[string]any) []*manifest.Object {
	var objects []*manifest.Object
	for from := 0; from < len(grants); {
		to := from
		for to < len(grants) && grants[to].namespace == grants[from].namespace && grants[to].ofEngine == grants[from].ofEngine {
			to++
		}
		objects = append(objects, roleOf(name, grants[from:to], subject)...)
		from = to
	}
	return objects
}

func roleOf(name string, grants []grant, subject map[string]any) []*manifest.Object {
	namespace, kind := grants[0].namespace, "Role"
	if namespace == "" {
		kind = "ClusterRole"
	}
	if grants[0].ofEngine {
		name += "-engine"
	}
	metadata := func() map[string]any {
		m := map[string]any{"name": name}
		if namespace != "" {
			m["namespace"] = namespace
		}
		return m
	}
	const api = "rbac.authorization.k8s.io"
	bodies := []map[string]any{
		{"apiVersion": api + "/v1", "kind": kind, "metadata": metadata(), "rules": rulesOf(grants)},
		{
			"apiVersion": api + "/v1", "kind": kind + "Binding", "metadata": metadata(),
			"roleRef":  map[string]any{"apiGroup": api, "kind": kind, "name": name},
			"subjects": []any{subject},
		},
	}
	objects := make([]*manifest.Object, len(bodies))
	for i, body := range bodies {
		objects[i] = &manifest.Object{Body: body, Origin: manifest.Origin{Source: "rbac"}}
	}
	return objects
}

// rulesOf puts the resources of a group that have the same verbs into one rule.
func rulesOf(grants []grant) []any {
	type ruleKey struct{ group, verbs string }
	var order []ruleKey
	resources := make(map[ruleKey][]any)
	for _, g := range grants {
		key := ruleKey{g.group, g.verbs}
		if resources[key] == nil {
			order = append(order, key)
		}
		resources[key] = append(resources[key], g.resource)
	}
	var rules []any
	for _, key := range order {
		var verbs []any
		for verb := range strings.SplitSeq(key.verbs, ",") {
			verbs = append(verbs, verb)
		}
		rules = append(rules, map[string]any{"apiGroups": []any{key.group}, "resources": resources[key], "verbs": verbs})
	}
	return rules
}

// notes say what else there is to know.
func (g *granting) notes(needed []grant, purpose string) []string {
	var notes []string
	if slices.ContainsFunc(needed, func(n grant) bool { return n.ofEngine }) && elsewhere(g.environment) {
		notes = append(notes, fmt.Sprintf("the roles whose names end in -engine belong to the engine's cluster (context %s)", cmp.Or(g.environment.Engine.Context, "unknown")))
	}
	if guessed := g.guessed(needed); len(guessed) > 0 {
		notes = append(notes, "what these kinds are called in Roles is guessed: "+strings.Join(guessed, ", ")+"; compare with: kubectl api-resources")
	}
	if purpose != "engine" {
		return notes
	}
	for _, o := range g.objects {
		if o.Group() == "rbac.authorization.k8s.io" {
			return append(notes, fmt.Sprintf("%s is rendered: the engine can only grant what it has itself, or needs the verbs escalate and bind", o.ID()))
		}
	}
	return notes
}

// guessed lists the needed resources of kinds that only English tells the plural
// of: those of others than Kubernetes, where no CustomResourceDefinition is
// rendered.
func (g *granting) guessed(needed []grant) []string {
	var all []string
	for _, o := range g.objects {
		group, kind := o.Group(), o.Kind()
		isBuiltIn := !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io")
		if isBuiltIn || g.plurals[kindName{group, kind}] != "" {
			continue
		}
		resource := pluralOf(kind)
		if slices.ContainsFunc(needed, func(n grant) bool { return n.group == group && n.resource == resource }) {
			all = append(all, fmt.Sprintf("%s is %s.%s", kind, resource, group))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
