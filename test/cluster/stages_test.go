package cluster

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// kwok reports a stage that it cannot read in its log only.
func TestStagesAreDocumentsWithNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	text, err := stages("/logs")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	reader := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	for {
		var s struct {
			Kind     string
			Metadata struct{ Name string }
			Spec     struct{ Steps []any }
		}
		err := reader.Decode(&s)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if s.Kind == "ClusterLogs" {
			continue
		}
		if s.Kind != "Stage" || seen[s.Metadata.Name] || len(s.Spec.Steps) == 0 {
			t.Errorf("stage %+v: want a name of its own, and steps", s)
		}
		seen[s.Metadata.Name] = true
	}
	if want := len(objectStages()) + len(podStages("")); len(seen) != want {
		t.Errorf("%d stages were read, want %d", len(seen), want)
	}
}

func TestEveryBehaviourHasAStage(t *testing.T) {
	t.Parallel()
	chosen := make(map[string]bool)
	for _, s := range podStages("") {
		for _, condition := range s.when {
			_, list, ok := strings.Cut(condition, "IN(")
			if ok {
				for _, name := range strings.Split(strings.Trim(list, `")`), `", "`) {
					chosen[name] = true
				}
			}
		}
	}
	var names []string
	for _, b := range Behaviours {
		names = append(names, b.Name)
	}
	slices.Sort(names)
	if diff := cmp.Diff(names, slices.Sorted(maps.Keys(chosen))); diff != "" {
		t.Errorf("behaviours that are listed (-) and those that stages have (+):\n%s", diff)
	}
}

// An image that chooses two behaviours would depend on the order of the list.
func TestImagesChooseOneBehaviour(t *testing.T) {
	t.Parallel()
	for _, b := range Behaviours[1:] {
		var fits []string
		for _, other := range Behaviours[1:] {
			if strings.Contains("registry.example.com"+b.Image+":1", other.Image) {
				fits = append(fits, other.Name)
			}
		}
		if diff := cmp.Diff([]string{b.Name}, fits); diff != "" {
			t.Errorf("%s (-want +got):\n%s", b.Image, diff)
		}
	}
}
