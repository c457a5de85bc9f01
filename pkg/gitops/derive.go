package gitops

import (
	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"github.com/lading-dev/lading/pkg/settings"
)

// idNamespace is the UUID namespace of derived ids.
var idNamespace = uuid.MustParse("8add9902-2e04-51ce-a573-a993c4ec9608")

// deriveID returns the id that a deployment would have with that key.
func deriveID(r *settings.Resolved, key string) string {
	project := ""
	if r.Project != nil {
		project = orElse(r.Project.Spec.Key, r.Project.Name)
	}
	environment := orElse(r.Environment.Key, r.Environment.Name)
	text := norm.NFC.String(project + "\n" + environment + "\n" + key)
	return uuid.NewSHA1(idNamespace, []byte(text)).String()
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
