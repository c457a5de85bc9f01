package gitops

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
)

const (
	// ledgerName is the file name of ledgers. It has no extension, since Argo
	// CD's directory source reads *.yaml, *.yml, *.json and *.jsonnet: see
	// https://argo-cd.readthedocs.io/en/stable/user-guide/directory/.
	ledgerName = ".lading"
	// ledgerSchema is the version of the ledger format. A reader refuses
	// others. It also refuses fields that it does not know, except in source
	// and tool: a field that a later lading adds is written only where it is
	// used, and what it means there (a pin, say) must not be overruled by a
	// version that cannot read it. What merely informs goes into source or
	// tool, where older readers pass over it.
	ledgerSchema = 1
	// stateDeleted is the state of a directory that an explicit command
	// emptied, see [Ledger.State].
	stateDeleted = "deleted"
)

// A Ledger accounts for the files that lading wrote into one directory: which
// they are, whose they are and what they were rendered from. It is rewritten
// only together with its objects.
type Ledger struct {
	Schema int `json:"schema"`
	// Digest is over objects and shared. It stands on a line of its own, so
	// that two different renders of a directory always conflict in a merge.
	Digest string `json:"digest"`
	Owner  Owner  `json:"owner"`
	// Environment is the environment's name, "default" without a project.
	Environment string `json:"environment"`
	// Deployment is the human-readable name. It and ID are empty in the
	// ledger of an environment's shared objects.
	Deployment string `json:"deployment,omitempty"`
	ID         string `json:"id,omitempty"`
	// Cluster is the cluster within which the objects' names are unique, as
	// far as the settings tell; empty where they name none.
	Cluster string `json:"cluster,omitempty"`
	// State is empty, or "deleted" where an explicit command removed the
	// objects and the directory must stay: it is not rendered again.
	State string `json:"state,omitempty"`
	// Pin keeps the directory as it is, nil where it may change.
	Pin *Pin `json:"pin,omitempty"`
	// Handover are the workloads that keep replicas which their render leaves
	// to an autoscaler.
	Handover []Handover `json:"handover,omitempty"`
	// Source is what the objects were rendered from when they last changed.
	Source Source `json:"source"`
	// Tool is what rendered them.
	Tool LedgerTool `json:"tool"`
	// Objects are the objects in this directory, ordered by file.
	Objects []Entry `json:"objects"`
	// Shared are the objects in the environment's directory of shared objects
	// that this deployment needs, ordered.
	Shared []string `json:"shared,omitempty"`
	// Inputs are the files that the render read, by path below the root of
	// the source repository, with their digests.
	Inputs map[string]string `json:"inputs,omitempty"`
}

// A Pin keeps a directory as it is: publishing passes over it.
type Pin struct {
	// Reason says why, for people.
	Reason string `json:"reason,omitempty"`
	// Until is the time at which the pin ends, RFC 3339; empty where only a
	// command ends it.
	Until string `json:"until,omitempty"`
	// Commit is the commit of this repository whose objects were restored,
	// empty where the directory was pinned as it was.
	Commit string `json:"commit,omitempty"`
}

// A Source tells what a directory was rendered from.
type Source struct {
	// Commit is the commit of the source repository, empty where the settings
	// lie in none.
	Commit string `json:"commit"`
	// Settings is the digest of the resolved settings, empty in the ledger of
	// shared objects.
	Settings string `json:"settings,omitempty"`
}

// A LedgerTool tells what rendered a directory.
type LedgerTool struct {
	Version   string `json:"version"`
	Format    string `json:"format"`
	Templates string `json:"templates,omitempty"`
}

// UnmarshalJSON passes over fields that later versions add.
func (s *Source) UnmarshalJSON(data []byte) error {
	type lenient Source
	return json.Unmarshal(data, (*lenient)(s))
}

// UnmarshalJSON passes over fields that later versions add.
func (t *LedgerTool) UnmarshalJSON(data []byte) error {
	type lenient LedgerTool
	return json.Unmarshal(data, (*lenient)(t))
}

// An Entry is one object of a ledger.
type Entry struct {
	// File is the path below the ledger's directory.
	File string `json:"file"`
	// Object is the object's identity: group/kind/namespace/name.
	Object string `json:"object"`
	// Digest is the SHA-256 of the file's bytes.
	Digest string `json:"digest"`
}

// ObjectKey writes an ID as ledgers do: group/kind/namespace/name, with an
// empty part for the core group and for objects without a namespace.
func ObjectKey(id manifest.ID) string {
	return strings.Join([]string{id.Group, id.Kind, id.Namespace, id.Name}, "/")
}

// ParseObjectKey reads what [ObjectKey] writes.
func ParseObjectKey(key string) (manifest.ID, error) {
	parts := strings.Split(key, "/")
	if len(parts) != 4 || parts[1] == "" || parts[3] == "" {
		return manifest.ID{}, fmt.Errorf("object %q, want group/kind/namespace/name", key)
	}
	return manifest.ID{Group: parts[0], Kind: parts[1], Namespace: parts[2], Name: parts[3]}, nil
}

// digestOf returns a digest as ledgers write it.
func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// seal sorts the ledger's lists and computes its digest.
func (l *Ledger) seal() {
	l.Schema = ledgerSchema
	if l.Objects == nil {
		l.Objects = []Entry{}
	}
	slices.SortFunc(l.Objects, func(a, b Entry) int { return strings.Compare(a.File, b.File) })
	slices.Sort(l.Shared)
	l.Digest = l.digest()
}

// digest is over one line per object and per shared object.
func (l *Ledger) digest() string {
	var b bytes.Buffer
	for _, e := range l.Objects {
		fmt.Fprintf(&b, "object %s %s %s\n", e.File, e.Object, e.Digest)
	}
	for _, key := range l.Shared {
		fmt.Fprintf(&b, "shared %s\n", key)
	}
	return digestOf(b.Bytes())
}

// A LedgerError reports a ledger that cannot be read.
type LedgerError struct {
	Path string
	Err  error
	next string
}

func (e *LedgerError) Error() string { return e.Path + ": " + e.Err.Error() }
func (e *LedgerError) Unwrap() error { return e.Err }

// Hint says what to do about the ledger.
func (e *LedgerError) Hint() string { return e.next }

// ParseLedger reads a ledger; path names it in errors.
func ParseLedger(path string, data []byte) (*Ledger, error) {
	var version struct {
		Schema *int `json:"schema"`
	}
	if err := json.Unmarshal(data, &version); err != nil || version.Schema == nil {
		return nil, &LedgerError{path, errors.New("is not a ledger of lading, want JSON with a schema"),
			"restore the file from Git's history, or move it away if lading did not write it"}
	}
	if *version.Schema != ledgerSchema {
		return nil, &LedgerError{path,
			fmt.Errorf("ledger has schema %d, want %d", *version.Schema, ledgerSchema),
			"use the version of lading that wrote it, or a newer one"}
	}
	l, err := decodeLedger(data)
	if err != nil {
		return nil, &LedgerError{path, err, "restore the file from Git's history, or use a newer version of lading"}
	}
	return l, nil
}

func decodeLedger(data []byte) (*Ledger, error) {
	l := &Ledger{}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(l); err != nil {
		return nil, fmt.Errorf("reading ledger: %w", err)
	}
	if l.State != "" && l.State != stateDeleted {
		return nil, fmt.Errorf("state %q, want none or %q", l.State, stateDeleted)
	}
	if err := checkEntries(l.Objects); err != nil {
		return nil, err
	}
	if got := l.digest(); got != l.Digest {
		return nil, fmt.Errorf("digest is %s, want %s for these objects: the file was edited by hand or merged wrongly", l.Digest, got)
	}
	return l, nil
}

// checkEntries also holds entries to their order, in which a file stands once.
func checkEntries(entries []Entry) error {
	last := ""
	for _, e := range entries {
		if err := checkFile(e.File); err != nil {
			return err
		}
		if _, err := ParseObjectKey(e.Object); err != nil {
			return err
		}
		if e.File <= last {
			return fmt.Errorf("file %q after %q, want each file once, in order", e.File, last)
		}
		last = e.File
	}
	return nil
}

// checkFile refuses entries that lead out of the ledger's directory: what a
// ledger lists may be deleted.
func checkFile(name string) error {
	for segment := range strings.SplitSeq(name, "/") {
		if err := checkSegment(segment); err != nil {
			return fmt.Errorf("file %q %w", name, err)
		}
	}
	if !strings.HasSuffix(name, ".yaml") {
		return fmt.Errorf("file %q, want the name of a manifest", name)
	}
	return nil
}
