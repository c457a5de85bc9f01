// Fields that a running object cannot change. The API server refuses such an
// update, and the engine then reports a failed sync for ever; so it is refused
// before it is committed. Sources: the update validation of each kind in the
// Kubernetes API, as its reference describes the fields.

package gitops

import (
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/lading-dev/lading/pkg/manifest"
)

// An immutableKind is a kind with fields that cannot change.
type immutableKind struct {
	group, kind string
	// fields are the paths that matter.
	fields []string
	// compare, where set, decides about the fields; otherwise each must be
	// the same.
	compare func(c *comparison)
}

// immutableKinds lists the kinds that are looked at, by group and name.
var immutableKinds = []immutableKind{
	{"", "ConfigMap", []string{"immutable", "data", "binaryData"}, compareSealed},
	{"", "PersistentVolumeClaim", []string{"spec"}, compareClaim},
	{"", "Secret", []string{"immutable", "data", "stringData", "type"}, compareSealed},
	{"", "Service", []string{"spec.type", "spec.clusterIP", "spec.clusterIPs", "spec.ipFamilies", "spec.loadBalancerClass"}, compareService},
	{"apiextensions.k8s.io", "CustomResourceDefinition", []string{"spec.group", "spec.scope"}, nil},
	{"apps", "DaemonSet", []string{"spec.selector"}, nil},
	{"apps", "Deployment", []string{"spec.selector"}, nil},
	{"apps", "ReplicaSet", []string{"spec.selector"}, nil},
	{"apps", "StatefulSet", []string{"spec.selector", "spec.serviceName", "spec.podManagementPolicy", "spec.volumeClaimTemplates"}, nil},
	{"batch", "Job", append([]string{"spec.completions", "spec.parallelism"}, jobFields...), compareJob},
	{"networking.k8s.io", "IngressClass", []string{"spec.controller"}, nil},
	{"node.k8s.io", "RuntimeClass", []string{"handler"}, nil},
	{"rbac.authorization.k8s.io", "ClusterRoleBinding", []string{"roleRef"}, nil},
	{"rbac.authorization.k8s.io", "RoleBinding", []string{"roleRef"}, nil},
	{"scheduling.k8s.io", "PriorityClass", []string{"value", "preemptionPolicy"}, nil},
	{"storage.k8s.io", "StorageClass", []string{"provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"}, nil},
}

// jobFields are those that never change once a Job exists.
var jobFields = []string{"spec.selector", "spec.template", "spec.completionMode", "spec.podFailurePolicy",
	"spec.backoffLimitPerIndex", "spec.successPolicy", "spec.managedBy"}

// apiDefaults are what the API fills in where a field is absent, so that
// writing it out is no change.
var apiDefaults = map[string]any{
	"completionMode":      "NonIndexed",
	"podManagementPolicy": "OrderedReady",
	"preemptionPolicy":    "PreemptLowerPriority",
	"reclaimPolicy":       "Delete",
	"roleRef.apiGroup":    "rbac.authorization.k8s.io",
	"type":                "Opaque",
	"volumeBindingMode":   "Immediate",
	"volumeMode":          "Filesystem",
}

// A FieldChange is a field that differs. Old and New are short texts; they
// hide the values of Secrets.
type FieldChange struct {
	Field    string
	Old, New string
}

func immutableKindOf(id manifest.ID) *immutableKind {
	for i, k := range immutableKinds {
		if k.group == id.Group && k.kind == id.Kind {
			return &immutableKinds[i]
		}
	}
	return nil
}

// changes compares an object before and after.
func (k *immutableKind) changes(before, after *manifest.Object) []FieldChange {
	c := &comparison{before: before, after: after, masked: k.kind == "Secret"}
	if k.compare != nil {
		k.compare(c)
		return c.changes
	}
	for _, field := range k.fields {
		c.same(field)
	}
	return c.changes
}

// A comparison collects the fields that differ.
type comparison struct {
	before, after *manifest.Object
	masked        bool
	changes       []FieldChange
}

// same demands that a field is the same before and after.
func (c *comparison) same(field string) {
	was, _ := c.before.Field(strings.Split(field, ".")...)
	is, _ := c.after.Field(strings.Split(field, ".")...)
	c.compare(field, was, is)
}

// compare notes the innermost fields that differ.
func (c *comparison) compare(field string, was, is any) {
	was, is = orDefault(field, was), orDefault(field, is)
	if a, ok := was.(map[string]any); ok {
		if b, ok := is.(map[string]any); ok {
			c.compareMaps(field, a, b)
			return
		}
	}
	a, isList := was.([]any)
	if b, ok := is.([]any); ok && isList && len(a) == len(b) {
		for i := range a {
			c.compare(field+"["+itoa(i)+"]", a[i], b[i])
		}
		return
	}
	if !equalValues(was, is) {
		c.note(field, was, is)
	}
}

func (c *comparison) compareMaps(field string, was, is map[string]any) {
	keys := slices.Concat(sortedKeys(was), sortedKeys(is))
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		c.compare(field+"."+key, was[key], is[key])
	}
}

func (c *comparison) note(field string, was, is any) {
	show := brief
	if c.masked && (strings.HasPrefix(field, "data") || strings.HasPrefix(field, "stringData")) {
		show = hidden
	}
	c.changes = append(c.changes, FieldChange{field, show(was), show(is)})
}

func orDefault(field string, v any) any {
	if v != nil {
		return v
	}
	for suffix, value := range apiDefaults {
		if field == suffix || strings.HasSuffix(field, "."+suffix) {
			return value
		}
	}
	return nil
}

// equalValues compares leaves. Quantities may be written in several ways.
func equalValues(a, b any) bool {
	if reflect.DeepEqual(a, b) {
		return true
	}
	x, xok := quantity(a)
	y, yok := quantity(b)
	return xok && yok && x.Cmp(y) == 0
}

// quantity reads a text that is one, as in "1Gi".
func quantity(v any) (resource.Quantity, bool) {
	s, ok := v.(string)
	if !ok || s == "" || s[0] < '0' || s[0] > '9' {
		return resource.Quantity{}, false
	}
	q, err := resource.ParseQuantity(s)
	return q, err == nil
}

// compareSealed holds ConfigMaps and Secrets to their immutable field: what is
// sealed cannot change, nor be unsealed. The type of a Secret never changes.
func compareSealed(c *comparison) {
	if c.before.Kind() == "Secret" {
		c.same("type")
	}
	if sealed, _ := c.before.Field("immutable"); sealed != true {
		return
	}
	for _, field := range []string{"immutable", "data", "binaryData", "stringData"} {
		c.same(field)
	}
}

// compareClaim lets a claim grow and change its attributes class.
func compareClaim(c *comparison) {
	without := func(o *manifest.Object) any {
		spec, _ := o.Field("spec")
		m, ok := spec.(map[string]any)
		if !ok {
			return spec
		}
		rest := make(map[string]any, len(m))
		for key, v := range m {
			if key != "resources" && key != "volumeAttributesClassName" {
				rest[key] = v
			}
		}
		return rest
	}
	c.compare("spec", without(c.before), without(c.after))
	was, _ := c.before.Field("spec", "resources", "requests", "storage")
	is, _ := c.after.Field("spec", "resources", "requests", "storage")
	a, aok := quantity(was)
	if b, ok := quantity(is); ok && aok && b.Cmp(a) < 0 {
		c.note("spec.resources.requests.storage", was, is)
	}
}

// compareService holds a Service to its addresses. A Service without a given
// address has one all the same, so that giving one is a change; leaving it out
// again is none, except that headless stays headless.
func compareService(c *comparison) {
	of := func(o *manifest.Object, field string) any { v, _ := o.Field("spec", field); return v }
	if of(c.before, "type") == "ExternalName" || of(c.after, "type") == "ExternalName" {
		return
	}
	was, is := primaryAddress(c.before), primaryAddress(c.after)
	if !reflect.DeepEqual(was, is) && (is != nil || was == "None") {
		c.note("spec.clusterIP", was, is)
	}
	was, is = first(of(c.before, "ipFamilies")), first(of(c.after, "ipFamilies"))
	if was != nil && is != nil {
		c.compare("spec.ipFamilies[0]", was, is)
	}
	if of(c.before, "type") == "LoadBalancer" && of(c.after, "type") == "LoadBalancer" {
		c.same("spec.loadBalancerClass")
	}
}

func primaryAddress(service *manifest.Object) any {
	if v, ok := service.Field("spec", "clusterIP"); ok && v != "" {
		return v
	}
	v, _ := service.Field("spec", "clusterIPs")
	return first(v)
}

func first(v any) any {
	if list, ok := v.([]any); ok && len(list) > 0 {
		return list[0]
	}
	return nil
}

// compareJob holds a Job to what it was started with. An indexed Job may change
// its completions together with its parallelism.
func compareJob(c *comparison) {
	for _, field := range jobFields {
		c.same(field)
	}
	if !isElastic(c.before) || !isElastic(c.after) {
		c.same("spec.completions")
	}
}

func isElastic(job *manifest.Object) bool {
	mode, _ := job.Field("spec", "completionMode")
	completions, _ := job.Field("spec", "completions")
	parallelism, _ := job.Field("spec", "parallelism")
	return mode == "Indexed" && completions != nil && reflect.DeepEqual(completions, parallelism)
}
