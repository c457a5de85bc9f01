package status

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/kubernetes/scheme"
)

// neverRendered are numbers that the API's types drop in what nobody commits:
// events, scales, and fields of versions that are no longer served. count is
// defaulted to 1.
var neverRendered = map[string]bool{"count": true, "deprecatedCount": true, "replicas": true, "revision": true, "templateGeneration": true}

// A field that the API server drops when it is false or 0, and of which that is
// not known, makes a deployment NotSynced for good.
func TestWhatTheAPIsTypesDropIsKnown(t *testing.T) {
	t.Parallel()
	dropped := make(map[string]bool)
	seen := make(map[reflect.Type]bool)
	for gvk, kind := range scheme.Scheme.AllKnownTypes() {
		if !strings.HasSuffix(gvk.Kind, "Options") {
			addDropped(kind, dropped, seen)
		}
	}
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(dropped)) {
		if !droppedWhenZero[name] && !defaultedWhenEmpty[name] && !neverRendered[name] {
			unknown = append(unknown, name)
		}
	}
	if diff := cmp.Diff([]string(nil), unknown); diff != "" || len(dropped) < 20 {
		t.Errorf("of %d fields these are not known to be dropped when they are false or 0:\n%s", len(dropped), diff)
	}
}

// addDropped collects the names of booleans and numbers below a type that it
// leaves out when it is written.
func addDropped(at reflect.Type, dropped map[string]bool, seen map[reflect.Type]bool) {
	for at.Kind() == reflect.Pointer || at.Kind() == reflect.Slice || at.Kind() == reflect.Map {
		at = at.Elem()
	}
	if at.Kind() != reflect.Struct || seen[at] || strings.HasSuffix(at.Name(), "Status") || strings.HasSuffix(at.Name(), "Meta") {
		return
	}
	seen[at] = true
	for field := range at.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch field.Type.Kind() {
		case reflect.Bool, reflect.Int, reflect.Int32, reflect.Int64:
			if strings.Contains(options, "omitempty") {
				dropped[name] = true
			}
		default:
			addDropped(field.Type, dropped, seen)
		}
	}
}
