package forge

import (
	"fmt"
	"slices"
	"strings"
)

// A kind is one line of the list of forges.
type kind struct {
	name   string          // as the setting gitops.forge.kind has it
	title  string          // in sentences
	hosts  []string        // where it is without the setting; *.x is every host below x
	tokens []tokenVariable // the first that is set counts
	rights string          // what the token must be allowed
	api    func(at address) string
	open   func(c *client, at address) (Forge, error)
}

// kinds lists the forges by name. To add one: a file, a line here, its fake,
// and forgetest.Run.
var kinds = []kind{
	{"azure", "Azure DevOps", azureHosts, azureTokens, "Code: read & write", azureAPI, openAzure},
	{"bitbucket", "Bitbucket", bitbucketHosts, bitbucketTokens, "pullrequest:write and repository:write", bitbucketAPI, openBitbucket},
	{"forgejo", "Forgejo", []string{"codeberg.org"}, forgejoTokens, "write:repository and write:issue", giteaAPI, openGitea},
	{"gitea", "Gitea", []string{"gitea.com"}, giteaTokens, "write:repository and write:issue", giteaAPI, openGitea},
	{"github", "GitHub", githubHosts, githubTokens, "contents: write and pull-requests: write (classic: repo)", githubAPI, openGitHub},
	{"gitlab", "GitLab", gitlabHosts, gitlabTokens, "api, with the role Developer", gitlabAPI, openGitLab},
}

// Kinds returns what the setting gitops.forge.kind may be, sorted.
func Kinds() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return names
}

// For returns the forge that has a repository. It asks nobody anything:
// [Forge.Access] is the first request.
func For(o Options) (Forge, error) {
	at, err := parseAddress(o.Repository)
	if err != nil {
		return nil, err
	}
	k, err := kindOf(at, o.Kind)
	if err != nil {
		return nil, err
	}
	api, err := apiOf(k, at, o.API)
	if err != nil {
		return nil, err
	}
	return k.open(newClient(k, api, o), at.below(api))
}

// KindOf names the kind of the forge that has a repository: the one that is
// written, else the one that its host is known for.
func KindOf(repository, written string) (string, error) {
	at, err := parseAddress(repository)
	if err != nil {
		return "", err
	}
	k, err := kindOf(at, written)
	return k.name, err
}

func kindOf(at address, written string) (kind, error) {
	for _, k := range kinds {
		if written == k.name || written == "" && k.has(at.hostname()) {
			return k, nil
		}
	}
	list := strings.Join(Kinds(), ", ")
	if written != "" {
		return kind{}, fmt.Errorf("gitops.forge.kind is %q, want one of %s", written, list)
	}
	return kind{}, &UnknownHostError{Host: at.host}
}

// has tells whether the kind is known to be at a host.
func (k kind) has(host string) bool {
	return slices.ContainsFunc(k.hosts, func(known string) bool {
		below, wild := strings.CutPrefix(known, "*")
		return host == known || wild && strings.HasSuffix(host, below)
	})
}

func kindNamed(name string) (kind, bool) {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
	if i < 0 {
		return kind{}, false
	}
	return kinds[i], true
}
