package forge

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrUnsupported is the answer of a forge that has no such thing.
var ErrUnsupported = errors.New("the forge has no such thing")

// An Answer is what a server said to a request that did not succeed. It is
// part of the errors of this package.
type Answer struct {
	Forge   string // "GitHub"
	Doing   string // "opening the pull request"
	Status  int    // of HTTP; 0 where no answer came
	Message string // the server's own words, without the token
}

// tell puts a sentence together, outside in.
func (a Answer) tell(what string) string {
	parts := []string{a.Forge, a.Doing, what, a.Message}
	text := strings.Join(compact(parts), ": ")
	if a.Status != 0 {
		text += fmt.Sprintf(" (HTTP %d)", a.Status)
	}
	return text
}

func compact(parts []string) []string {
	var kept []string
	for _, part := range parts {
		if part != "" {
			kept = append(kept, part)
		}
	}
	return kept
}

// A TokenError tells that there is no token, or one that the server does not
// accept.
type TokenError struct {
	Answer
	Missing   bool
	Variables []string // where a token may be set
	Rights    string   // what it must be allowed
	// Elsewhere are the variables that hold a token for another server.
	Elsewhere []string
	Host      string // what to say where one of them is for this server after all
}

func (e *TokenError) Error() string {
	switch {
	case len(e.Elsewhere) > 0:
		return e.tell("no token for this server: " + strings.Join(e.Elsewhere, " and ") + " may be for another one")
	case e.Missing:
		return e.tell("no token is set")
	}
	return e.tell("the server does not accept the token")
}

// Hint says how to set one.
func (e *TokenError) Hint() string {
	where := strings.Join(e.Variables, " or ")
	if len(e.Elsewhere) > 0 {
		return "if it is for the server of gitops.repository and gitops.forge.api, say so: " + hostVariable + "=" + e.Host
	}
	if e.Missing {
		return fmt.Sprintf("set %s to a token with the rights %s", where, e.Rights)
	}
	return fmt.Sprintf("has it expired or been withdrawn? set %s to a new one with the rights %s", where, e.Rights)
}

// A RightsError tells that the token is good but may not do this.
type RightsError struct {
	Answer
	Right string // the one that is missing, as the server names it; may be empty
	Needs string // all that lading needs of this forge
}

func (e *RightsError) Error() string {
	if e.Right == "" {
		return e.tell("the token may not do this")
	}
	return e.tell("the token lacks " + e.Right)
}

// Hint names the rights that the token needs.
func (e *RightsError) Hint() string { return "give the token the rights " + e.Needs }

// A RateLimitError tells that the server has had enough of us for a while.
type RateLimitError struct {
	Answer
	Until time.Time // when it answers again; zero where it did not say
}

func (e *RateLimitError) Error() string {
	if e.Until.IsZero() {
		return e.tell("too many requests")
	}
	return e.tell("too many requests until " + e.Until.UTC().Format(time.RFC3339))
}

// Hint says when to try again.
func (e *RateLimitError) Hint() string {
	if e.Until.IsZero() {
		return "run again in some minutes; nothing is lost"
	}
	return "run again after " + e.Until.UTC().Format(time.RFC3339) + "; nothing is lost"
}

// A ServerError tells that the server failed or could not be reached, also
// after some attempts.
type ServerError struct {
	Answer
	Attempts int
	Err      error // why no answer came; nil where one came
}

func (e *ServerError) Error() string {
	what := "the server failed"
	if e.Err != nil {
		what = "no answer"
	}
	if e.Attempts > 1 {
		what += fmt.Sprintf(" in %d attempts", e.Attempts)
	}
	return e.tell(what)
}

func (e *ServerError) Unwrap() error { return e.Err }

// Hint says that it is not the user's fault.
func (e *ServerError) Hint() string {
	if e.Err != nil {
		return "check the network, the proxy and gitops.forge.api, then run again"
	}
	return "run again later; the forge's status page may know more"
}

// A NotFoundError tells that something is not there, or hidden from the token.
type NotFoundError struct{ Answer }

func (e *NotFoundError) Error() string { return e.tell("not found") }

// Hint reminds that servers hide what a token may not see.
func (e *NotFoundError) Hint() string {
	return "check the repository's URL, and that the token may see it: servers say that hidden things do not exist"
}

// A ConflictError tells that things have changed since they were asked for:
// somebody else opened the pull request, or pushed. Asking anew helps.
type ConflictError struct{ Answer }

func (e *ConflictError) Error() string { return e.tell("it changed in between") }

// Hint says what helps.
func (e *ConflictError) Hint() string { return "run again: the next run starts from what is there now" }

// A RefusedError tells that the server understood and will not: a rule of the
// repository, a name that does not exist. Asking again does not help.
type RefusedError struct {
	Answer
	Help string
}

func (e *RefusedError) Error() string { return e.tell("refused") }

// Hint says what to change, where that is known.
func (e *RefusedError) Hint() string { return e.Help }

// An UnknownHostError tells that the kind of a forge cannot be found from the
// repository's host.
type UnknownHostError struct{ Host string }

func (e *UnknownHostError) Error() string {
	return fmt.Sprintf("which forge runs on %q is not known: set gitops.forge.kind", e.Host)
}

// Hint lists what it may be set to.
func (e *UnknownHostError) Hint() string {
	return "set gitops.forge.kind to one of " + strings.Join(Kinds(), ", ")
}
