package settings

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const coveragePage = "../../docs/zenml-coverage.md"

// The tables of the migration guide, by their heading, and the settings that
// they must list: each of them, in order, and no others.
var coverageTables = map[string]reflect.Type{
	"## Deployer settings": reflect.TypeFor[Deployer](),
	"## Resource settings": reflect.TypeFor[Resources](),
	"## Pod settings":      reflect.TypeFor[PodSettings](),
	"## Component fields":  reflect.TypeFor[DeployerConfig](),
}

func TestTheMigrationGuideListsEverySetting(t *testing.T) {
	t.Parallel()
	page := readCoverage(t)
	for heading, settings := range coverageTables {
		if diff := cmp.Diff(keysOfStruct(settings), firstTable(t, page, heading)); diff != "" {
			t.Errorf("%s (-settings +page):\n%s", heading, diff)
		}
	}
	for _, key := range keysOfStruct(reflect.TypeFor[PodResources]()) {
		if !strings.Contains(page, "`"+key+"`") {
			t.Errorf("the page does not mention `%s`", key)
		}
	}
}

var dottedSetting = regexp.MustCompile("[`.](deployer|resources|pod_settings)\\.([a-z0-9_]+)")

func TestTheMigrationGuideNamesNoSettingThatDoesNotExist(t *testing.T) {
	t.Parallel()
	known := map[string][]string{
		// spec.deployer of a project is called deployer too.
		"deployer":     append(keysOfStruct(reflect.TypeFor[Deployer]()), keysOfStruct(reflect.TypeFor[DeployerConfig]())...),
		"resources":    append(keysOfStruct(reflect.TypeFor[Resources]()), keysOfStruct(reflect.TypeFor[PodResources]())...),
		"pod_settings": keysOfStruct(reflect.TypeFor[PodSettings]()),
	}
	for _, match := range dottedSetting.FindAllStringSubmatch(readCoverage(t), -1) {
		if !slices.Contains(known[match[1]], match[2]) {
			t.Errorf("the page names %s.%s, which is no setting", match[1], match[2])
		}
	}
}

func readCoverage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(coveragePage)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

var tableKey = regexp.MustCompile("^\\| `([a-z_]+)` \\|")

// firstTable returns the keys in the first column of the first table below a
// heading.
func firstTable(t *testing.T, page, heading string) []string {
	t.Helper()
	_, section, found := strings.Cut(page, "\n"+heading+"\n")
	if !found {
		t.Fatalf("the page has no heading %q", heading)
	}
	var keys []string
	for line := range strings.SplitSeq(section, "\n") {
		match := tableKey.FindStringSubmatch(line)
		if match != nil {
			keys = append(keys, match[1])
		} else if keys != nil {
			return keys
		}
	}
	return keys
}

func keysOfStruct(t reflect.Type) []string {
	keys := make([]string, t.NumField())
	for i := range keys {
		keys[i], _, _ = strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
	}
	return keys
}

var yamlBlock = regexp.MustCompile("(?ms)^ *```yaml\n(.*?)^ *```$")

// Whole documents in the pages are what people copy first.
func TestExamplesOfThePagesLoad(t *testing.T) {
	t.Parallel()
	for _, page := range []string{coveragePage, "../../docs/templates.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range yamlBlock.FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(block[1], "kind: PipelineDeployment") {
				continue
			}
			dir := tree{"deployment.yaml": block[1], "k8s-templates/": ""}.write(t)
			if _, err := Load(Options{Files: []string{"deployment.yaml"}, Dir: dir, NoProject: true}); err != nil {
				t.Errorf("%s: %v\n%s", page, err, block[1])
			}
		}
	}
}
