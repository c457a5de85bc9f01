package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What init leaves to the reader in comments becomes settings when the comment
// signs are taken away.
func TestCommentsOfTheFirstProjectAreSettings(t *testing.T) {
	t.Parallel()
	d := desk{dir: t.TempDir(), getenv: func(string) string { return "" }}
	d.run(t, done, "init", "shop")
	data, err := os.ReadFile(filepath.Join(d.dir, "shop", "lading.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("# cluster:", "cluster:", "# engine:", "engine:",
		"repository: ../rendered.git", "repository: https://git.example.com/rendered.git").Replace(string(data))
	d.write(t, "shop/lading.yaml", text)
	out := d.run(t, done, "bootstrap", "--project", "shop", "--env", "prod")
	for _, want := range []string{"kind: Application", "kubectl --context prod apply"} {
		if !strings.Contains(out, want) {
			t.Errorf("bootstrap prints no %q:\n%s", want, out)
		}
	}
}
