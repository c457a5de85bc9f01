package main

import (
	"context"
	"fmt"
	"time"

	"github.com/lading-dev/lading/internal/gitrepo"
)

// ours publishes the changes as lading does.
func ours(location, mark string) error {
	ctx := context.Background()
	r, err := gitrepo.Open(ctx, location, gitrepo.Options{})
	if err != nil {
		return err
	}
	defer r.Close()
	s, err := r.Fetch(ctx, "main")
	if err != nil {
		return err
	}
	var dirs []string
	for i := range *changed {
		dirs = append(dirs, folder(i))
	}
	ledger := func(path string) bool { return path[len(path)-len("file-0.yaml"):] == "file-0.yaml" }
	if err := s.Prefetch(dirs, ledger); err != nil {
		return err
	}
	var list []gitrepo.Change
	for path, data := range changes(mark) {
		list = append(list, gitrepo.Change{Path: path, Data: data})
	}
	staged, err := s.Splice(list)
	if err != nil {
		return err
	}
	if got := len(staged.Edits()); got != len(list) {
		return fmt.Errorf("%d files differ, want %d", got, len(list))
	}
	who := gitrepo.Signature{Name: "bench", Email: "bench@example.com", When: time.Now()}
	c, err := staged.Commit(gitrepo.CommitInfo{Author: who, Committer: who, Message: "publish"})
	if err != nil {
		return err
	}
	return r.Push(ctx, "main", c)
}
