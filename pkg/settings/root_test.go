package settings

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// A tree is what lies on disk for a test: a name that ends in a slash is a
// directory, a value that begins with "->" a symbolic link.
type tree map[string]string

// write makes the tree in a new directory, without links on the way to it,
// and returns the directory. DIR in links stands for it.
func (files tree) write(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		target, link := strings.CutPrefix(text, "->")
		switch {
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(file, 0o755)
		case link:
			err = os.Symlink(strings.ReplaceAll(target, "DIR", dir), file)
		default:
			err = os.WriteFile(file, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func mustOpen(t *testing.T, o RootOptions) *Root {
	t.Helper()
	r, err := o.Open()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// hintOf returns the next step that an error offers.
func hintOf(err error) string {
	var hinting interface{ Hint() string }
	if errors.As(err, &hinting) {
		return hinting.Hint()
	}
	return ""
}

// An outcome is what reading or resolving gives, with DIR for the directory
// of the test.
type outcome struct{ Got, Err, Hint string }

func outcomeOf(dir, got string, err error) outcome {
	o := outcome{Got: got}
	if err != nil {
		o = outcome{Err: err.Error(), Hint: hintOf(err)}
	}
	o.Got, o.Err, o.Hint = hide(dir, o.Got), hide(dir, o.Err), hide(dir, o.Hint)
	return o
}

func hide(dir, s string) string { return strings.ReplaceAll(s, dir, "DIR") }

func TestRootIsAFileSystem(t *testing.T) {
	t.Parallel()
	dir := tree{
		"lading.yaml":     "a",
		"lib/a.libsonnet": "b",
		"lib/deep/b":      "",
		"alias":           "->lib/a.libsonnet",
		"@/hidden":        "never",
	}.write(t)
	root := mustOpen(t, RootOptions{Dir: dir})
	if err := fstest.TestFS(root, "lading.yaml", "lib/a.libsonnet", "lib/deep/b", "alias"); err != nil {
		t.Error(err)
	}
	allowed := mustOpen(t, RootOptions{Dir: filepath.Join(dir, "lib/deep"), Allow: []string{dir}})
	sub, err := fs.Sub(allowed, "@"+filepath.ToSlash(dir)+"/lib")
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(sub, "a.libsonnet", "deep/b"); err != nil {
		t.Error(err)
	}
}

func TestRootReadsWhatStaysInside(t *testing.T) {
	t.Parallel()
	dir := tree{
		"project/lading.yaml":         "project",
		"project/a/inside":            "->../lib/x",
		"project/a/absolute":          "->DIR/project/lib/x",
		"project/a/there-and-back":    "->../../project/lib/x",
		"project/a/dir":               "->../lib",
		"project/a/chain":             "->inside",
		"project/lib/x":               "x",
		"project/loop":                "->loop",
		"project/ping":                "->pong",
		"project/pong":                "->ping",
		"project/ring":                "->DIR/allowed/ring",
		"project/dangling":            "->nowhere",
		"project/out":                 "->../secret",
		"project/out-absolute":        "->/etc/passwd",
		"project/out-dir":             "->../private",
		"project/up":                  "->..",
		"project/templates":           "->DIR/allowed/templates",
		"project/relative-templates":  "->../allowed/templates",
		"project/@/x":                 "taken",
		"allowed/templates/t.j2":      "t",
		"allowed/templates/back":      "->DIR/project/lib/x",
		"allowed/templates/out":       "->../../secret",
		"allowed/ring":                "->DIR/project/ring",
		"secret":                      "secret",
		"private/key.pem":             "secret",
		"elsewhere":                   "->allowed",
		"project/through-a-named-dir": "->DIR/elsewhere/templates/t.j2",
	}.write(t)
	root := mustOpen(t, RootOptions{
		Dir:   filepath.Join(dir, "project"),
		Allow: []string{filepath.Join(dir, "allowed"), filepath.Join(dir, "elsewhere")},
	})
	at := "@" + filepath.ToSlash(dir)
	cases := map[string]outcome{
		"lading.yaml":             {Got: "project"},
		"a/inside":                {Got: "x"},
		"a/absolute":              {Got: "x"},
		"a/there-and-back":        {Got: "x"},
		"a/dir/x":                 {Got: "x"},
		"a/chain":                 {Got: "x"},
		"templates/t.j2":          {Got: "t"},
		"templates/back":          {Got: "x"},
		"relative-templates/t.j2": {Got: "t"},
		"through-a-named-dir":     {Got: "t"},
		at + "/allowed/ring":      {Err: "read ../allowed/ring: too many levels of symbolic links"},
		at + "/elsewhere/ring":    {Err: "read ../elsewhere/ring: too many levels of symbolic links"},
		at + "/secret":            {Err: "read ../secret: file does not exist"},
		at + "/allowed/templates": {Err: "read ../allowed/templates: is a directory, want a file"},
		"a":                       {Err: "read a: is a directory, want a file"},
		"absent":                  {Err: "read absent: no such file or directory"},
		"lading.yaml/x":           {Err: "read lading.yaml/x: not a directory"},
		"dangling":                {Err: "read dangling: no such file or directory"},
		"loop":                    {Err: "read loop: too many levels of symbolic links"},
		"ping":                    {Err: "read ping: too many levels of symbolic links"},
		"@/x":                     {Err: "read /x: file does not exist"},
		"../secret":               {Err: "read ../secret: invalid argument"},
		"/etc/passwd":             {Err: "read /etc/passwd: invalid argument"},
		"a/../lading.yaml":        {Err: "read a/../lading.yaml: invalid argument"},
		"a\x00b":                  {Err: "read a\x00b: path \"a\\x00b\" has a NUL character in it"},
		`a\b`:                     {Err: `read a\b: path "a\\b" has a backslash in it, want / between directories`},
		"\xff":                    {Err: "read \xff: invalid argument"},
		"out": {
			Err:  `read out: symbolic link "out" leads out of the root to "DIR/secret", want one that stays inside`,
			Hint: "if you trust what lies there, add --allow-path DIR/secret",
		},
		"out-absolute": {
			Err:  `read out-absolute: symbolic link "out-absolute" leads out of the root to "/etc/passwd", want one that stays inside`,
			Hint: "if you trust what lies there, add --allow-path /etc/passwd",
		},
		"out-dir/key.pem": {
			Err:  `read out-dir/key.pem: symbolic link "out-dir" leads out of the root to "DIR/private/key.pem", want one that stays inside`,
			Hint: "if you trust what lies there, add --allow-path DIR/private",
		},
		"up/secret": {
			Err:  `read up/secret: symbolic link "up" leads out of the root to "DIR/secret", want one that stays inside`,
			Hint: "if you trust what lies there, add --allow-path DIR/secret",
		},
		"templates/out": {
			Err:  `read templates/out: symbolic link "` + at + `/allowed/templates/out" leads out of the root to "DIR/secret", want one that stays inside`,
			Hint: "if you trust what lies there, add --allow-path DIR/secret",
		},
	}
	for name, want := range cases {
		want.Err, want.Hint = hide(dir, want.Err), hide(dir, want.Hint)
		data, err := root.ReadFile(name)
		if diff := cmp.Diff(want, outcomeOf(dir, string(data), err)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", name, diff)
		}
		if _, err := root.Stat(name); (err == nil) != (want.Err == "") && !strings.Contains(want.Err, "directory, want") {
			t.Errorf("Stat(%q): %v, but reading gives %q", name, err, want.Err)
		}
	}
}

func TestRootMayBeALinkItself(t *testing.T) {
	t.Parallel()
	dir := tree{"real/a": "a", "real/b": "->DIR/link/a", "real/c": "->DIR/real/a", "link": "->real"}.write(t)
	root := mustOpen(t, RootOptions{Dir: filepath.Join(dir, "link")})
	for _, name := range []string{"a", "b", "c"} {
		if data, err := root.ReadFile(name); string(data) != "a" {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	if got, want := root.Dir(), filepath.Join(dir, "link"); got != want {
		t.Errorf("Dir() = %s, want %s", got, want)
	}
}

func TestRootRefusesWhatIsNoRegularFile(t *testing.T) {
	t.Parallel()
	dir := tree{"project/pipe-link": "->pipe", "project/device": "->/dev/zero"}.write(t)
	if err := syscall.Mkfifo(filepath.Join(dir, "project/pipe"), 0o644); err != nil {
		t.Skip("this system makes no named pipes:", err)
	}
	large, err := os.Create(filepath.Join(dir, "project/large"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(large.Truncate(MaxFileSize+1), large.Close()); err != nil {
		t.Fatal(err)
	}
	root := mustOpen(t, RootOptions{Dir: filepath.Join(dir, "project"), Allow: []string{"/dev"}})
	for name, want := range map[string]string{
		"pipe":      "read pipe: is a named pipe, want a regular file",
		"pipe-link": "read pipe-link: is a named pipe, want a regular file",
		"device":    "read device: is a device, want a regular file",
		"large":     "read large: has 52428801 bytes, want at most 52428800",
	} {
		_, err := root.ReadFile(name)
		if err == nil || err.Error() != want {
			t.Errorf("ReadFile(%q): %v, want %s", name, err, want)
		}
		if f, err := root.Open(name); err == nil {
			t.Errorf("Open(%q) succeeded with %v", name, f)
		}
	}
}

func TestRootStopsAtTheBoundWhileAFileGrows(t *testing.T) {
	t.Parallel()
	dir := tree{"growing": "x"}.write(t)
	f, err := mustOpen(t, RootOptions{Dir: dir}).Open("growing")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Truncate(filepath.Join(dir, "growing"), MaxFileSize+10); err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, f)
	if n != MaxFileSize || err == nil {
		t.Errorf("read %d bytes with error %v, want %d and an error", n, err, MaxFileSize)
	}
}

// A link that flips between inside and outside while it is read must never
// give away what lies outside.
func TestRootHoldsWhileLinksChange(t *testing.T) {
	t.Parallel()
	dir := tree{"project/in/f": "inside", "outside/f": "secret", "project/": ""}.write(t)
	root := mustOpen(t, RootOptions{Dir: filepath.Join(dir, "project")})
	link, next := filepath.Join(dir, "project/link"), filepath.Join(dir, "project/next")
	flips := sync.WaitGroup{}
	flips.Go(func() {
		for i := range 2000 {
			target := []string{"in", "../outside", filepath.Join(dir, "outside")}[i%3]
			if err := errors.Join(os.Symlink(target, next), os.Rename(next, link)); err != nil {
				t.Error(err)
			}
		}
	})
	readers := sync.WaitGroup{}
	for range 4 {
		readers.Go(func() {
			for range 1000 {
				if data, err := root.ReadFile("link/f"); err == nil && string(data) != "inside" {
					t.Errorf("read %q from outside", data)
				}
			}
		})
	}
	readers.Wait()
	flips.Wait()
}

func TestResolveKeepsPathsInside(t *testing.T) {
	t.Parallel()
	dir := tree{"me/project/": "", "me/project/lib/": "", "me/templates/": "", "me/my stuff/": ""}.write(t)
	me := filepath.Join(dir, "me")
	root := mustOpen(t, RootOptions{
		Dir:   filepath.Join(me, "project"),
		Allow: []string{filepath.Join(me, "templates")},
		Home:  me,
	})
	at := "@" + filepath.ToSlash(me)
	cases := []struct {
		from, written string
		want          outcome
	}{
		{"lading.yaml", "x.yaml", outcome{Got: "x.yaml"}},
		{"a/b/deployment.yaml", "./x.yaml", outcome{Got: "a/b/x.yaml"}},
		{"a/b/deployment.yaml", "../../lib/", outcome{Got: "lib"}},
		{"a/b/deployment.yaml", "../..", outcome{Got: "."}},
		{"", "x", outcome{Got: "x"}},
		{"-", "./x", outcome{Got: "x"}},
		{"lading.yaml", "..x", outcome{Got: "..x"}},
		{"lading.yaml", "./~", outcome{Got: "~"}},
		{"lading.yaml", "~/templates/x", outcome{Got: at + "/templates/x"}},
		{"lading.yaml", "../templates", outcome{Got: at + "/templates"}},
		{"lading.yaml", me + "/templates/../templates/x", outcome{Got: at + "/templates/x"}},
		{at + "/templates/a.libsonnet", "b.libsonnet", outcome{Got: at + "/templates/b.libsonnet"}},
		{at + "/templates/a.libsonnet", "../project/lib/x", outcome{Got: "lib/x"}},
		{at + "/templates/a.libsonnet", "../secret", outcome{
			Err:  `path "../secret" leads out of the root to "DIR/me/secret", want one inside`,
			Hint: "if you trust what lies there, add --allow-path DIR/me/secret",
		}},
		{"a/deployment.yaml", "../../shared/x.yaml", outcome{
			Err:  `path "../../shared/x.yaml" leads out of the root to "DIR/me/shared/x.yaml", want one inside`,
			Hint: "if you trust what lies there, add --allow-path DIR/me/shared",
		}},
		{"lading.yaml", "../my stuff", outcome{
			Err:  `path "../my stuff" leads out of the root to "DIR/me/my stuff", want one inside`,
			Hint: "if you trust what lies there, add --allow-path 'DIR/me/my stuff'",
		}},
		{"lading.yaml", "~/.zenml/k8s-templates/", outcome{
			Err:  `path "~/.zenml/k8s-templates/" leads out of the root to "DIR/me/.zenml/k8s-templates", want one inside`,
			Hint: "if you trust what lies there, add --allow-path DIR/me/.zenml/k8s-templates",
		}},
		{"lading.yaml", "/etc/passwd", outcome{
			Err:  `path "/etc/passwd" leads out of the root, want one inside`,
			Hint: "if you trust what lies there, add --allow-path /etc/passwd",
		}},
		{"lading.yaml", "/x.yaml", outcome{
			Err:  `path "/x.yaml" leads out of the root, want one inside`,
			Hint: "if you trust what lies there, add --allow-path /",
		}},
		{"a/deployment.yaml", "~/project/lib/x", outcome{
			Err:  `path "~/project/lib/x" depends on where the root lies, want one relative to the file that names it`,
			Hint: `write "../lib/x"`,
		}},
		{"a/deployment.yaml", "../../project/a/x", outcome{
			Err:  `path "../../project/a/x" depends on where the root lies, want one relative to the file that names it`,
			Hint: `write "x"`,
		}},
		{"lading.yaml", "~other/x", outcome{Err: `path "~other/x" begins with another user's home, want "~/" or "./~"`}},
		{"lading.yaml", "@/x", outcome{Err: `path "@/x" begins with "@", which stands for files outside the root, want another name`}},
		{"lading.yaml", "", outcome{Err: "path is empty, want a file or directory"}},
		{"lading.yaml", "a\x00", outcome{Err: `path "a\x00" has a NUL character in it`}},
		{"lading.yaml", `..\x`, outcome{Err: `path "..\\x" has a backslash in it, want / between directories`}},
		{"lading.yaml", "\xff", outcome{Err: `path "\xff" is not valid UTF-8`}},
		{"/abs", "x", outcome{Err: `path "x" is named by "/abs", want a file of the root`}},
	}
	for _, c := range cases {
		got, err := root.Resolve(c.from, c.written)
		want := c.want
		want.Got = hide(dir, want.Got)
		if diff := cmp.Diff(want, outcomeOf(dir, string(got), err)); diff != "" {
			t.Errorf("%q in %q (-want +got):\n%s", c.written, c.from, diff)
		}
	}
}

func TestResolveNeedsAHomeForTilde(t *testing.T) {
	t.Parallel()
	root := mustOpen(t, RootOptions{Dir: t.TempDir()})
	_, err := root.Resolve("lading.yaml", "~/x")
	want := `path "~/x" needs a home directory and none is known, want an absolute path`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// What Resolve returns, Locate finds again and the file system reads.
func TestResolvedPathsCanBeRead(t *testing.T) {
	t.Parallel()
	dir := tree{"p/a/x": "x", "q/y": "y"}.write(t)
	root := mustOpen(t, RootOptions{Dir: "p", WorkDir: dir, Allow: []string{"q"}})
	for written, want := range map[string]string{"x": "x", "../../q/y": "y", filepath.Join(dir, "q/y"): "y"} {
		p, err := root.Resolve("a/deployment.yaml", written)
		if err != nil {
			t.Errorf("%s: %v", written, err)
			continue
		}
		data, err := root.ReadFile(string(p))
		if string(data) != want {
			t.Errorf("%s: %q, %v", written, data, err)
		}
		if located, ok := root.Locate(root.Display(p)); !ok || located != p {
			t.Errorf("%s: displayed as %s, which is located at %s, want %s", written, root.Display(p), located, p)
		}
	}
	if p, ok := root.Locate("/etc/passwd"); ok {
		t.Errorf("a file outside was located at %s", p)
	}
}

func TestDisplayIsWhatTheUserWouldType(t *testing.T) {
	t.Parallel()
	dir := tree{"p/a/b/": "", "other/": "", "q/": ""}.write(t)
	for _, c := range []struct {
		workDir string
		path    Path
		want    string
	}{
		{"p", "a/x.yaml", "a/x.yaml"},
		{"p/a/b", "lading.yaml", "../../lading.yaml"},
		{"p/a", "a/b/x", "b/x"},
		{"other", "lading.yaml", "../p/lading.yaml"},
		{"", "a/x.yaml", "p/a/x.yaml"},
		{"p", Path("@" + filepath.ToSlash(dir) + "/q/x"), "../q/x"},
		{"p", "@/x", "/x"},
		{"p", "-", "-"},
	} {
		root := mustOpen(t, RootOptions{Dir: filepath.Join(dir, "p"), WorkDir: filepath.Join(dir, c.workDir)})
		if got := root.Display(c.path); got != c.want {
			t.Errorf("%s seen from %q is %s, want %s", c.path, c.workDir, got, c.want)
		}
	}
	far := mustOpen(t, RootOptions{Dir: filepath.Join(dir, "p"), WorkDir: "/one/two/three/four/five/six/seven/eight"})
	if got, want := far.Display("x"), filepath.Join(dir, "p/x"); got != want {
		t.Errorf("far away it is %s, want %s", got, want)
	}
}

func TestRootsThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	dir := tree{"file": "x", "loop": "->loop"}.write(t)
	for _, c := range []struct {
		root, allow, want string
	}{
		{"absent", "", "opening the root: lstat DIR/absent: no such file or directory"},
		{"file", "", "opening the root: open DIR/file: not a directory"},
		{"loop", "", "opening the root: EvalSymlinks: too many links"},
		{".", "absent", "opening --allow-path DIR/absent: lstat DIR/absent: no such file or directory"},
		{".", "file", "opening --allow-path DIR/file: open DIR/file: not a directory"},
	} {
		var allow []string
		if c.allow != "" {
			allow = []string{filepath.Join(dir, c.allow)}
		}
		_, err := OpenRoot(filepath.Join(dir, c.root), allow)
		if err == nil || hide(dir, err.Error()) != c.want {
			t.Errorf("%q with %q: %v, want %s", c.root, c.allow, err, c.want)
		}
	}
	if _, err := OpenRoot("", nil); err == nil {
		t.Error("a root without a name was opened")
	}
}
