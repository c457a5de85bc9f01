// Who a deployment is: its id, and what must be unique.

package settings

import (
	"cmp"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"
)

// idNamespace is 8add9902-2e04-51ce-a573-a993c4ec9608, the namespace of all
// derived ids. Changing it renames every object of every repository.
var idNamespace = [16]byte{0x8a, 0xdd, 0x99, 0x02, 0x2e, 0x04, 0x51, 0xce, 0xa5, 0x73, 0xa9, 0x93, 0xc4, 0xec, 0x96, 0x08}

// deriveID returns the UUIDv5 (RFC 9562) of the three keys.
func deriveID(project, environment, deployment string) string {
	h := sha1.New()
	h.Write(idNamespace[:])
	h.Write(norm.NFC.Bytes([]byte(project + "\n" + environment + "\n" + deployment)))
	id := h.Sum(nil)[:16]
	id[6] = id[6]&0x0f | 0x50
	id[8] = id[8]&0x3f | 0x80
	s := hex.EncodeToString(id)
	return strings.Join([]string{s[:8], s[8:12], s[12:16], s[16:20], s[20:]}, "-")
}

// DeriveID returns the id that the deployment would have with that key.
func (r *Resolved) DeriveID(key string) string {
	project := ""
	if r.Project != nil {
		project = cmp.Or(r.Project.Spec.Key, r.Project.Name)
	}
	return deriveID(project, cmp.Or(r.Environment.Key, r.Environment.Name), key)
}

// An identified is a deployment in an environment with what makes it unique.
type identified struct {
	doc       *document
	env       *environment
	id        string
	given     bool
	from      *node // what the id was taken from, nil for the name
	namespace string
}

// identify looks the id and the namespace up without merging the layers.
func (l *loader) identify(d *document, e *environment, layers []*node) identified {
	out := identified{doc: d, env: e}
	if n := lookup(layers, "id"); n != nil {
		out.id, out.given, out.from = strings.ToLower(n.text), true, n
	} else {
		key := d.name()
		if n := lookup(layers, "key"); n != nil {
			key, out.from = n.text, n
		}
		out.id = deriveID(l.projectKey(), e.key(), key)
	}
	out.namespace = l.namespaceNode(layers).text
	return out
}

// projectKey is the project's part of derived ids.
func (l *loader) projectKey() string {
	if l.project == nil {
		return ""
	}
	if key := l.project.text("spec", "key"); key != "" {
		return key
	}
	return l.project.name()
}

// namespaceNode returns the namespace of a deployment: its setting, else the
// project's, else the built-in one.
func (l *loader) namespaceNode(layers []*node) *node {
	if n := lookup(layers, "settings", "deployer", "namespace"); n != nil {
		return n
	}
	if l.project != nil {
		if n := l.project.spec().at("deployer", "kubernetes_namespace"); n.isSet() && !n.isBad() {
			return n
		}
	}
	return defaultNamespace()
}

// defaultNamespace is the built-in namespace as a value of a tree.
var defaultNamespace = sync.OnceValue(func() *node {
	name := projectType().byKey["deployer"].typ.byKey["kubernetes_namespace"].def
	return &node{form: textForm, src: &source{layer: layerDefault}, text: name, value: name}
})

// uniqueness finds deployments that are the same.
type uniqueness struct {
	report func(*Problem)
	names  map[string]*document
	ids    map[string]identified
	places map[string]identified
	told   map[[2]*document]bool
}

func newUniqueness(report func(*Problem)) *uniqueness {
	return &uniqueness{
		report: report,
		names:  make(map[string]*document),
		ids:    make(map[string]identified),
		places: make(map[string]identified),
		told:   make(map[[2]*document]bool),
	}
}

// name takes a deployment; names are compared as Unicode sees them.
func (u *uniqueness) name(d *document) {
	name := norm.NFC.String(d.name())
	other, ok := u.names[name]
	if !ok {
		u.names[name] = d
		return
	}
	u.told[[2]*document{other, d}] = true
	at := d.tree.at("metadata", "name")
	u.report(&Problem{
		Position: at.position(),
		Path:     "metadata.name",
		Message:  fmt.Sprintf("%s is the name of the deployment in %s too, want names that are unique", show(name), other.position()),
	})
}

// id takes a deployment in an environment. Of two documents it complains
// once, since what makes them equal in one environment does so in all.
func (u *uniqueness) id(x identified) {
	byID := x.env.name() + "\x00" + x.id
	if other, ok := u.ids[byID]; ok {
		u.complain(x, other, "in environment "+x.env.display())
		return
	}
	u.ids[byID] = x
	place := x.env.cluster() + "\x00" + x.namespace + "\x00" + x.id
	if other, ok := u.places[place]; ok {
		u.complain(x, other, fmt.Sprintf("in the same cluster and namespace %s (environments %s and %s)",
			x.namespace, other.env.display(), x.env.display()))
		return
	}
	u.places[place] = x
}

func (u *uniqueness) complain(x, other identified, where string) {
	pair := [2]*document{other.doc, x.doc}
	if u.told[pair] {
		return
	}
	u.told[pair] = true
	p := &Problem{
		Position: x.from.position(),
		Path:     "spec.id",
		Message:  fmt.Sprintf("is %s, which %s (%s) has too %s, want ids that are unique", x.id, show(other.doc.name()), other.position(), where),
		Hint:     "give one of them another id",
	}
	if x.from != nil {
		p.Path = x.from.src.prefix + "id"
	}
	if !x.given {
		p.Position, p.Hint = x.position(), "give one of them another key"
	}
	if x.doc == other.doc {
		p.Hint = "leave the id out, or give each environment its own under environments.<name>.id"
	}
	u.report(p)
}

func (x identified) position() Position {
	if x.from != nil && x.from.src.file != "" {
		return x.from.position()
	}
	return x.doc.position()
}
