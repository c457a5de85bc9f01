// Approvals: how a person says that deletions are meant.

package gitops

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
)

// A token approves the deletion of certain objects. It is one word of letters
// and digits: a mark for each object, in order, behind the version and before a
// checksum.
//
//	d1 ntq3fw 7kpa2c … x4ub
//
// A mark is cut from a hash over owner, environment and object, so that a token
// is good for a subset of what it was made for, whatever the branch has become
// meanwhile, and for nothing else. It guards against mistakes, not against
// people who may publish: whoever knows the objects can compute it.
const (
	tokenVersion = "d1"
	// markLength is 30 bits: that one of a hundred other objects is approved
	// by chance, by a token for a hundred, happens once in 100,000 times.
	markLength = 6
	sumLength  = 4
	// ApprovalTrailer is the trailer of a source commit that approves
	// deletions, and so is reviewed with the change that causes them.
	ApprovalTrailer = "Approve-Deletions"
)

// Approvals are the marks of objects whose deletion is meant.
type Approvals map[string]bool

// ParseApprovals reads tokens that commas or white space separate.
func ParseApprovals(text string) (Approvals, error) {
	approved := make(Approvals)
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) })
	for _, word := range words {
		marks, ok := marksOf(word)
		if !ok {
			return nil, fmt.Errorf("approval %q is cut or mistyped, want a token as the refusal prints it", abbreviated(word))
		}
		for _, mark := range marks {
			approved[mark] = true
		}
	}
	return approved, nil
}

// ApprovalTrailers returns the values of the trailer [ApprovalTrailer] in a
// commit message. It is accepted on any line, since squash merges move trailers
// away from the end.
func ApprovalTrailers(message string) []string {
	var values []string
	for line := range strings.SplitSeq(message, "\n") {
		key, value, ok := strings.Cut(line, ":")
		if ok && strings.EqualFold(strings.TrimSpace(key), ApprovalTrailer) {
			values = append(values, strings.TrimSpace(value))
		}
	}
	return values
}

// token is the word that approves deletions.
func token(owner Owner, deletions []Deletion) string {
	marks := make([]string, len(deletions))
	for i, d := range deletions {
		marks[i] = markOf(owner, d)
	}
	slices.Sort(marks)
	body := strings.Join(slices.Compact(marks), "")
	return tokenVersion + body + sumOf(body)
}

// marksOf takes a token apart.
func marksOf(word string) ([]string, bool) {
	body, ok := strings.CutPrefix(word, tokenVersion)
	if len(body) < sumLength {
		return nil, false
	}
	body, sum := body[:len(body)-sumLength], body[len(body)-sumLength:]
	if !ok || len(body)%markLength != 0 || sum != sumOf(body) {
		return nil, false
	}
	var marks []string
	for i := 0; i < len(body); i += markLength {
		marks = append(marks, body[i:i+markLength])
	}
	return marks, true
}

func markOf(owner Owner, d Deletion) string {
	return letters("deletion\n"+owner.Project+"\n"+owner.Source+"\n"+d.Environment+"\n"+d.Object, markLength)
}

func sumOf(body string) string { return letters("token\n"+body, sumLength) }

// letters is the beginning of a text's hash, in letters and digits.
func letters(text string, n int) string {
	sum := sha256.Sum256([]byte("lading " + text))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:5]))[:n]
}

func abbreviated(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}

// losesMuch are the kinds whose deletion takes more with it than the object:
// data, or the objects of others.
var losesMuch = []manifest.ID{
	{Group: "", Kind: "PersistentVolumeClaim"},
	{Group: "", Kind: "Namespace"},
	{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"},
	{Group: "apps", Kind: "StatefulSet"},
}
