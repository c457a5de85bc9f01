package gitrepo

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// A Signature says who did something and when.
type Signature struct {
	Name, Email string
	When        time.Time
}

// String writes the signature as commits do.
func (s Signature) String() string {
	return fmt.Sprintf("%s <%s> %d %s", clean(s.Name), clean(s.Email), s.When.Unix(), s.When.Format("-0700"))
}

// clean leaves out what would end the field, as git does.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if c < ' ' || c == '<' || c == '>' {
			return -1
		}
		return c
	}, s))
}

// parseSignature reads what [Signature.String] writes. Commits hold all kinds
// of things here, so what cannot be read is left out.
func parseSignature(line string) Signature {
	name, rest, _ := strings.Cut(line, "<")
	email, rest, _ := strings.Cut(rest, ">")
	s := Signature{Name: strings.TrimSpace(name), Email: email}
	seconds, zone, _ := strings.Cut(strings.TrimSpace(rest), " ")
	if unix, err := strconv.ParseInt(seconds, 10, 64); err == nil {
		s.When = time.Unix(unix, 0).UTC()
		if at, err := time.Parse("-0700", zone); err == nil {
			s.When = s.When.In(at.Location())
		}
	}
	return s
}

// CommitInfo is what a new commit says.
type CommitInfo struct {
	Author, Committer Signature
	Message           string
	// Sign returns the armoured signature of a commit's bytes; nil for none.
	Sign func(data []byte) (string, error)
}

// A Commit is one that was read or made.
type Commit struct {
	hash, tree        hash
	parents           []hash
	Author, Committer Signature
	Message           string
	// made are the objects that the commit brings, itself included.
	made []object
}

// Hash returns the commit's name.
func (c *Commit) Hash() string { return text(c.hash) }

// Tree returns the name of the commit's tree.
func (c *Commit) Tree() string { return text(c.tree) }

// Parent returns the name of the first parent, empty for a root.
func (c *Commit) Parent() string { return text(c.parent()) }

func (c *Commit) parent() hash {
	if len(c.parents) == 0 {
		return plumbing.ZeroHash
	}
	return c.parents[0]
}

// Objects returns the number of objects that a push of the commit sends.
func (c *Commit) Objects() int { return len(c.made) }

// parseCommit reads a commit object.
func parseCommit(h hash, data []byte) (*Commit, error) {
	head, message, _ := bytes.Cut(data, []byte("\n\n"))
	c := &Commit{hash: h, Message: string(message)}
	for line := range strings.SplitSeq(string(head), "\n") {
		key, value, _ := strings.Cut(line, " ")
		switch key {
		case "tree":
			c.tree = plumbing.NewHash(value)
		case "parent":
			c.parents = append(c.parents, plumbing.NewHash(value))
		case "author":
			c.Author = parseSignature(value)
		case "committer":
			c.Committer = parseSignature(value)
		}
	}
	if c.tree.IsZero() {
		return nil, fmt.Errorf("commit %s is damaged: it names no tree", h)
	}
	return c, nil
}

// encodeCommit writes the commit object, signed where info says so.
func encodeCommit(tree, parent hash, info CommitInfo) (object, error) {
	if strings.ContainsRune(info.Message, 0) {
		return object{}, errors.New("the commit message holds a NUL byte")
	}
	var head strings.Builder
	fmt.Fprintf(&head, "tree %s\n", tree)
	if !parent.IsZero() {
		fmt.Fprintf(&head, "parent %s\n", parent)
	}
	fmt.Fprintf(&head, "author %s\ncommitter %s\n", info.Author, info.Committer)
	message := "\n" + strings.TrimRight(info.Message, "\n") + "\n"
	if info.Sign == nil {
		return newObject(plumbing.CommitObject, []byte(head.String()+message)), nil
	}
	signature, err := info.Sign([]byte(head.String() + message))
	if err != nil {
		return object{}, fmt.Errorf("signing the commit: %w", err)
	}
	// A header goes on over lines that begin with a space.
	folded := strings.ReplaceAll(strings.TrimRight(signature, "\n"), "\n", "\n ")
	return newObject(plumbing.CommitObject, []byte(head.String()+"gpgsig "+folded+"\n"+message)), nil
}
