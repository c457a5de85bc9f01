package render

import (
	"context"
	"testing"

	"github.com/lading-dev/lading/internal/jinja"
	"github.com/lading-dev/lading/pkg/manifest"
)

// The filters of templates are written beside the other filters; what they
// give must be what lading itself makes of a name.
func TestNameFiltersAgreeWithManifest(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"My_Service", "Weather Agent v2.0", "--A--b__c..d--", "team/ml platform", "1.0", "..a..b..", "***", "", "Größe ß",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-b", "abcdefghijklmnop", "abc.def-",
	} {
		vars := jinja.NewDict()
		vars.Set("text", text)
		got, err := jinja.New().RenderText(context.Background(), "x", 1,
			"{{ text | k8s_name }}|{{ text | k8s_name(8) }}|{{ text | k8s_label_value }}|{{ text | k8s_label_value(4) }}", vars)
		if err != nil {
			t.Fatal(err)
		}
		want := manifest.K8sName(text, 63) + "|" + manifest.K8sName(text, 8) + "|" +
			manifest.LabelValue(text, 63) + "|" + manifest.LabelValue(text, 4)
		if got.Text != want {
			t.Errorf("%q: filters give %q, manifest %q", text, got.Text, want)
		}
	}
}
