package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func folder(i int) string { return fmt.Sprintf("env-%d/namespace/app-%d", i%4, i) }

func manifest(i, j int, mark string) []byte {
	return fmt.Appendf(nil, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app-%d-%d\n  namespace: namespace\ndata:\n  mark: %q\n  text: %q\n",
		i, j, mark, strings.Repeat(fmt.Sprintf("%d.%d ", i, j), 20))
}

// changes are three files in each folder that is published.
func changes(mark string) map[string][]byte {
	list := make(map[string][]byte)
	for i := range *changed {
		for j := range 3 {
			list[fmt.Sprintf("%s/file-%d.yaml", folder(i), j)] = manifest(i, j, mark)
		}
	}
	return list
}

// build makes the repository with git fast-import, packed as a server's would
// be.
func build(path string) error {
	if err := run(".", "git", "init", "--quiet", "--bare", "--initial-branch=main", path); err != nil {
		return err
	}
	for option, value := range map[string]bool{"http.receivepack": true, "uploadpack.allowFilter": *filter} {
		if err := run(path, "git", "config", option, fmt.Sprint(value)); err != nil {
			return err
		}
	}
	cmd := command(path, "git", "fast-import", "--quiet")
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	w := bufio.NewWriter(in)
	fmt.Fprint(w, "commit refs/heads/main\ncommitter bench <bench@example.com> 1700000000 +0000\ndata 4\nbase\n")
	for i := range *folders {
		for j := range *files {
			data := manifest(i, j, "base")
			fmt.Fprintf(w, "M 100644 inline %s/file-%d.yaml\ndata %d\n%s\n", folder(i), j, len(data), data)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := in.Close(); err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil {
		return err
	}
	return run(path, "git", "gc", "--quiet")
}

// startServer serves the directory from a process of its own.
func startServer(dir string) (url string, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := command(dir, self, "-role", "serve", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("starting the server: %w", err)
	}
	return strings.TrimSpace(line), stop, nil
}

// serve runs git's own HTTP server on the loopback interface.
func serve(dir string) error {
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		return err
	}
	backend := cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(out)), "git-http-backend"),
		Root: "/",
		Env: append(os.Environ(), "GIT_PROJECT_ROOT="+dir, "GIT_HTTP_EXPORT_ALL=1",
			"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"),
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + l.Addr().String())
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := backend
		if version := r.Header.Get("Git-Protocol"); version != "" {
			b.Env = append(b.Env[:len(b.Env):len(b.Env)], "GIT_PROTOCOL="+version)
		}
		b.ServeHTTP(w, r)
	}))
}
