package cli

import (
	"cmp"
	"fmt"
	"net/mail"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"

	"github.com/lading-dev/lading/internal/gitrepo"
)

// The identity of commits where nothing else is known. CI machines have none.
const (
	fallbackName  = "lading"
	fallbackEmail = "lading@lading.invalid"
)

// signatures returns who writes a commit and when. The author is the one of
// --author, else of git's variables GIT_AUTHOR_*, else of git's configuration,
// else lading itself; the committer likewise, without the flag.
func signatures(env *Env, author string) (a, c gitrepo.Signature, err error) {
	name, email := configured(env)
	if a, err = signature(env, "AUTHOR", name, email); err != nil {
		return a, c, err
	}
	if c, err = signature(env, "COMMITTER", name, email); err != nil {
		return a, c, err
	}
	if author == "" {
		return a, c, nil
	}
	address, err := mail.ParseAddress(author)
	if err != nil || address.Name == "" {
		return a, c, &usageError{
			fmt.Sprintf("--author is %q, want a name and an address", author),
			`write it as git does: --author "Ada Lovelace <ada@example.com>"`,
		}
	}
	a.Name, a.Email = address.Name, address.Address
	return a, c, nil
}

// signature reads git's variables for one role, see
// https://git-scm.com/docs/git-commit-tree#_commit_information.
func signature(env *Env, role, name, email string) (gitrepo.Signature, error) {
	s := gitrepo.Signature{
		Name:  cmp.Or(env.Getenv("GIT_"+role+"_NAME"), name, fallbackName),
		Email: cmp.Or(env.Getenv("GIT_"+role+"_EMAIL"), email, fallbackEmail),
		When:  env.Now(),
	}
	variable := "GIT_" + role + "_DATE"
	text := env.Getenv(variable)
	if text == "" {
		return s, nil
	}
	when, err := gitDate(text)
	if err != nil {
		return s, &usageError{fmt.Sprintf("%s is %q, want a time", variable, text), "write it as 2026-01-02T03:04:05Z or in seconds since 1970"}
	}
	s.When = when
	return s, nil
}

// noteNobody says who wrote a commit where nothing says who does.
func noteNobody(env *Env, author gitrepo.Signature) {
	if author.Email != fallbackEmail {
		return
	}
	say(env, "note: the author is %s <%s>, since git knows no user.email here: set it with 'git config', or give --author", author.Name, author.Email)
}

// gitDate reads the date formats of git that are exact.
func gitDate(text string) (time.Time, error) {
	seconds, zone, _ := strings.Cut(strings.TrimPrefix(text, "@"), " ")
	if unix, err := strconv.ParseInt(seconds, 10, 64); err == nil {
		if offset, err := time.Parse("-0700", cmp.Or(zone, "+0000")); err == nil {
			return time.Unix(unix, 0).In(offset.Location()), nil
		}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05-0700", "2006-01-02 15:04:05 -0700", time.RFC1123Z} {
		if when, err := time.Parse(layout, text); err == nil {
			return when, nil
		}
	}
	return time.Time{}, fmt.Errorf("no known form of a time")
}

// configured returns user.name and user.email of the repository around the
// working directory, else of the user.
func configured(env *Env) (name, email string) {
	if repo, err := git.PlainOpenWithOptions(env.Dir, &git.PlainOpenOptions{DetectDotGit: true}); err == nil {
		if c, err := repo.ConfigScoped(config.GlobalScope); err == nil {
			return c.User.Name, c.User.Email
		}
	}
	if c, err := config.LoadConfig(config.GlobalScope); err == nil {
		return c.User.Name, c.User.Email
	}
	return "", ""
}
