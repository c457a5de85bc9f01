package gitops

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// A proposal is all that a pull request changes in its base: what a run plans,
// and what was pending before it.
type proposal struct {
	// Plan tells it as one plan on the base.
	*Plan
	// digest names the content; where it came from does not matter.
	digest string
	// excessive tells that more is deleted than would be published unasked.
	excessive bool
	// empty tells that there is nothing to propose.
	empty bool
}

// onlyCommon reports whether nothing changes but what deployments share.
func (p *proposal) onlyCommon() bool {
	return !slices.ContainsFunc(p.Touched, func(t Touched) bool { return !isCommon(t.Directory) })
}

// propose plans a run over what is pending, and puts both together.
func propose(ctx context.Context, base Tree, waiting map[string][]byte, before marker, r *Review) (*proposal, error) {
	plan, err := r.Plan(ctx, over(base, waiting))
	if err != nil {
		return nil, err
	}
	after := maps.Clone(waiting)
	if after == nil {
		after = make(map[string][]byte)
	}
	for _, c := range plan.Changes {
		after[c.Path] = c.After
	}
	changes, err := changesIn(base, after)
	if err != nil {
		return nil, err
	}
	p := &proposal{Plan: plan}
	if len(waiting) > 0 {
		whole := *plan
		whole.Changes, whole.title, whole.note, whole.worded = changes, "", "", ""
		if whole.Touched, err = touchedBy(changes); err != nil {
			return nil, err
		}
		p.Plan = &whole
		if err := whole.word(); err != nil {
			return nil, err
		}
	}
	p.excessive = plan.excessive() || len(losing(p.removals())) > 0 ||
		len(waiting) > 0 && before.deletes && len(p.removals()) > 0
	p.digest, err = contentDigest(changes)
	return p, err
}

// removals lists the objects that go.
func (p *proposal) removals() []Deletion {
	var list []Deletion
	for _, t := range p.Touched {
		for _, o := range t.Objects {
			if o.Action == Removed {
				list = append(list, Deletion{t.Environment, t.Deployment, o.Object, o.File})
			}
		}
	}
	return list
}

// changesIn compares files with what a tree has, and leaves out those that are
// the same.
func changesIn(base Tree, after map[string][]byte) ([]Change, error) {
	var changes []Change
	for _, file := range sortedKeys(after) {
		before, err := readOrNil(base, file)
		if err != nil {
			return nil, err
		}
		if (before == nil) != (after[file] == nil) || !bytes.Equal(before, after[file]) {
			changes = append(changes, Change{Path: file, Before: before, After: after[file]})
		}
	}
	return changes, nil
}

// touchedBy tells from the files alone what changes do to which objects.
func touchedBy(changes []Change) ([]Touched, error) {
	touched := make(map[string]*Touched)
	var dirs []string
	for _, c := range changes {
		if !isLedger(c.Path) {
			continue
		}
		data := c.After
		if data == nil {
			data = c.Before
		}
		l, err := ParseLedger(c.Path, data)
		if err != nil {
			return nil, err
		}
		dir := path.Dir(c.Path)
		dirs = append(dirs, dir)
		touched[dir] = &Touched{Environment: l.Environment, Deployment: l.Deployment, Directory: dir,
			Removed: l.Deployment != "" && (c.After == nil || l.State == stateDeleted), Objects: []ObjectChange{}, written: true}
	}
	for _, c := range changes {
		if t := touched[holdingDir(dirs, c.Path)]; t != nil && !isLedger(c.Path) {
			t.Objects = append(t.Objects, objectChange(c))
		}
	}
	return summarise(slices.Collect(maps.Values(touched))), nil
}

func objectChange(c Change) ObjectChange {
	o := ObjectChange{Action: Changed, File: c.Path, Object: c.Path}
	data := c.After
	switch {
	case c.Before == nil:
		o.Action = Added
	case c.After == nil:
		o.Action, data = Removed, c.Before
	}
	if object := decodeObject(data); object != nil {
		o.Object = ObjectKey(object.ID())
	}
	return o
}

// contentDigest names what changes lead to. Of ledgers only what they say of
// objects counts: the same objects of a later commit are the same content.
func contentDigest(changes []Change) (string, error) {
	var b strings.Builder
	for _, c := range changes {
		if c.Path == hydratorFile { // it tells of commits
			continue
		}
		state := "removed"
		switch {
		case c.After == nil:
		case isLedger(c.Path):
			l, err := ParseLedger(c.Path, c.After)
			if err != nil {
				return "", err
			}
			state = l.Digest + " " + l.ID + " " + cmp.Or(l.State, "present") + " " + l.Owner.String()
			if l.Pin != nil {
				state += fmt.Sprintf(" pinned %q %s %s", l.Pin.Reason, l.Pin.Until, l.Pin.Commit)
			}
		default:
			state = digestOf(c.After)
		}
		fmt.Fprintf(&b, "%q %s\n", c.Path, state)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:]), nil
}

// excessive reports whether a plan deletes more than would be published unasked.
func (p *Plan) excessive() bool {
	return slices.ContainsFunc(p.losses, func(l loss) bool {
		return len(l.deletions) > 0 && len(l.reasons(l.deletions)) > 0
	})
}
