// Command publish compares two ways to bring changed manifests into a large
// GitOps repository, in one go and on the same repository:
//
//   - ours: fetch what is needed, splice it, push one pack (internal/gitrepo);
//   - git: clone --depth 1, copy the files, add -A, commit, push.
//
// It does so over a local path and over smart HTTP on the loopback interface,
// and prints wall-clock times, their ratio, and the peak memory of the
// process (for git: of the largest one).
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/lading-dev/lading/bench/peak"
)

var (
	folders = flag.Int("folders", 1000, "folders in the repository")
	files   = flag.Int("files", 100, "files in each folder")
	changed = flag.Int("changed", 100, "folders to publish, of three files each")
	runs    = flag.Int("runs", 3, "runs of each way; the median counts")
	filter  = flag.Bool("filter", true, "let the server leave objects out, as forges do")
	role    = flag.String("role", "", "for the program itself")
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("publish: ")
	flag.Parse()
	switch *role {
	case "ours":
		if err := ours(flag.Arg(0), flag.Arg(1)); err != nil {
			log.Fatal(err)
		}
	case "serve":
		log.Fatal(serve(flag.Arg(0)))
	default:
		if err := compare(); err != nil {
			log.Fatal(err)
		}
	}
}

// compare runs everything and prints the table.
func compare() error {
	dir, err := os.MkdirTemp("", "lading-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	template := filepath.Join(dir, "template.git")
	if err := build(template); err != nil {
		return err
	}
	url, stop, err := startServer(dir)
	if err != nil {
		return err
	}
	defer stop()
	fmt.Printf("%d files in %d folders, %d folders published; median of %d runs\n\n", *folders**files, *folders, *changed, *runs)
	fmt.Printf("%-6s %12s %12s %8s %12s %12s\n", "way", "ours", "git", "ratio", "our peak", "git's peak")
	for _, way := range []string{"local", "http"} {
		location := func(name string) string {
			if way == "http" {
				return url + "/" + name
			}
			return filepath.Join(dir, name)
		}
		if err := row(dir, template, way, location); err != nil {
			return err
		}
	}
	return nil
}

// A result is what one run cost.
type result struct {
	took time.Duration
	peak int64 // KiB
}

func row(dir, template, way string, location func(string) string) error {
	var mine, gits []result
	for i := range *runs {
		for _, who := range []string{"ours", "git"} {
			name := fmt.Sprintf("%s-%s-%d.git", way, who, i)
			if err := run(dir, "cp", "-r", template, filepath.Join(dir, name)); err != nil {
				return err
			}
			measure, list := measureOurs, &mine
			if who == "git" {
				measure, list = measureGit, &gits
			}
			r, err := measure(dir, location(name), fmt.Sprint(way, i))
			if err != nil {
				return err
			}
			*list = append(*list, r)
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	a, b := median(mine), median(gits)
	fmt.Printf("%-6s %12s %12s %7.1fx %9d MB %9d MB\n", way, a.took.Round(time.Millisecond), b.took.Round(time.Millisecond),
		float64(b.took)/float64(a.took), a.peak/1024, b.peak/1024)
	return nil
}

// median returns the middle time and the highest peak.
func median(list []result) result {
	slices.SortFunc(list, func(a, b result) int { return int(a.took - b.took) })
	m := list[len(list)/2]
	for _, r := range list {
		m.peak = max(m.peak, r.peak)
	}
	return m
}

// measureOurs runs this program again, so that its memory is its own.
func measureOurs(dir, location, mark string) (result, error) {
	self, err := os.Executable()
	if err != nil {
		return result{}, err
	}
	return timed(dir, self, "-role", "ours", "-changed", fmt.Sprint(*changed), location, mark)
}

// measureGit does what a script would do.
func measureGit(dir, location, mark string) (result, error) {
	clone := filepath.Join(dir, "clone")
	defer os.RemoveAll(clone)
	if !strings.Contains(location, "://") {
		location = "file://" + location // only so does --depth count
	}
	var sum result
	step := func(dir string, args ...string) error {
		r, err := timed(dir, "git", args...)
		sum.took += r.took
		sum.peak = max(sum.peak, r.peak)
		return err
	}
	if err := step(dir, "clone", "--quiet", "--depth", "1", location, clone); err != nil {
		return sum, err
	}
	start := time.Now()
	for path, data := range changes(mark) {
		if err := os.WriteFile(filepath.Join(clone, path), data, 0o644); err != nil {
			return sum, err
		}
	}
	sum.took += time.Since(start)
	for _, args := range [][]string{{"add", "-A"}, {"commit", "--quiet", "-m", "publish"}, {"push", "--quiet", "origin", "main"}} {
		if err := step(clone, args...); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

func timed(dir, name string, args ...string) (result, error) {
	cmd := command(dir, name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return result{}, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	return result{took: time.Since(start), peak: peak.Of(cmd.ProcessState)}, nil
}

func run(dir, name string, args ...string) error {
	_, err := timed(dir, name, args...)
	return err
}

// command runs a program without the user's configuration of git.
func command(dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=bench", "GIT_AUTHOR_EMAIL=bench@example.com",
		"GIT_COMMITTER_NAME=bench", "GIT_COMMITTER_EMAIL=bench@example.com")
	return cmd
}
