package gitrepo

import (
	"fmt"
	"strings"
)

// A LocationError reports a location, or the name of a branch, that cannot
// name what it should.
type LocationError struct {
	// Location is what was written, redacted.
	Location string
	Problem  string
	next     string
}

func (e *LocationError) Error() string { return fmt.Sprintf("%q %s", e.Location, e.Problem) }

// Hint says what to write instead.
func (e *LocationError) Hint() string { return e.next }

// A NotFoundError reports that there is no repository, or none that these
// credentials may see: servers do not tell the two apart.
type NotFoundError struct {
	Repository string
	// Words are what the server said, may be empty.
	Words string
	next  string
}

func (e *NotFoundError) Error() string {
	return e.Repository + ": there is no such repository, or no access to it" + said(e.Words)
}

// Hint says what to check.
func (e *NotFoundError) Hint() string { return e.next }

// An AuthError reports that the server asked for credentials and took none of
// those that were found, or that they do not allow what was asked for.
type AuthError struct {
	Repository string
	// Denied tells that the server knows who asks and says no.
	Denied bool
	// Tried names the sources of the credentials that were sent.
	Tried []string
	Words string
	next  string
}

func (e *AuthError) Error() string {
	switch {
	case e.Denied:
		return e.Repository + ": access denied" + with(e.Tried) + said(e.Words)
	case len(e.Tried) == 0:
		return e.Repository + ": the server wants credentials and none were found" + said(e.Words)
	}
	return e.Repository + ": the server refused the credentials" + with(e.Tried) + said(e.Words)
}

// Hint says where credentials are looked for.
func (e *AuthError) Hint() string { return e.next }

// A HostKeyError reports that an ssh server is not the one that known_hosts
// tells of, or that known_hosts does not tell of it.
type HostKeyError struct {
	Host string
	// Fingerprint is of the key that the server showed.
	Fingerprint string
	// Changed tells that another key is known for the host.
	Changed bool
	// Files are the known_hosts files that were read.
	Files []string
}

func (e *HostKeyError) Error() string {
	if e.Changed {
		return fmt.Sprintf("%s: the host key %s is not the one in %s", e.Host, e.Fingerprint, strings.Join(e.Files, ", "))
	}
	return fmt.Sprintf("%s: the host key %s is unknown", e.Host, e.Fingerprint)
}

// Hint says how to make the key known.
func (e *HostKeyError) Hint() string {
	if e.Changed {
		return "compare the fingerprint with what the operator publishes; if the key was changed on purpose, remove the old line"
	}
	return "compare the fingerprint with what the operator publishes, then add the key to ~/.ssh/known_hosts" +
		" (ssh-keyscan prints the line) or name a file in LADING_SSH_KNOWN_HOSTS"
}

// An UnreachableError reports that the server could not be asked, or did not
// answer in time. Trying again later may help.
type UnreachableError struct {
	Repository string
	Err        error
	next       string
}

func (e *UnreachableError) Error() string { return e.Repository + ": " + e.Err.Error() }
func (e *UnreachableError) Unwrap() error { return e.Err }

// Hint says what to check.
func (e *UnreachableError) Hint() string {
	if e.next != "" {
		return e.next
	}
	return "check the address and the network (proxies come from HTTPS_PROXY and NO_PROXY), then run it again: nothing is half done"
}

// A ProtocolError reports an answer that is not what a Git server says.
type ProtocolError struct {
	Repository string
	Err        error
}

func (e *ProtocolError) Error() string { return e.Repository + ": " + e.Err.Error() }
func (e *ProtocolError) Unwrap() error { return e.Err }

// Hint says what to check.
func (e *ProtocolError) Hint() string {
	return "check that the address is the one for git clone, not that of a web page"
}

// An UnsupportedError reports a repository of a kind that this package cannot
// work with.
type UnsupportedError struct {
	Repository string
	Feature    string
	next       string
}

func (e *UnsupportedError) Error() string { return e.Repository + ": " + e.Feature }

// Hint says what to use instead.
func (e *UnsupportedError) Hint() string { return e.next }

// An AccessError reports a local file that could not be read or written.
type AccessError struct {
	Repository string
	Err        error
}

func (e *AccessError) Error() string { return e.Repository + ": " + e.Err.Error() }
func (e *AccessError) Unwrap() error { return e.Err }

// Hint says what to check.
func (e *AccessError) Hint() string {
	return "check the owner and the permissions of the repository's files, and free space"
}

// A LockedError reports that another process holds the lock of a branch, or
// died while it did.
type LockedError struct {
	// File is the lock.
	File string
}

func (e *LockedError) Error() string {
	return e.File + " exists: another process is changing the branch"
}

// Hint says what to do about a lock that stays.
func (e *LockedError) Hint() string {
	return "run it again; if no git process works on the repository any more, remove that file"
}

// A MovedError reports that a branch is no longer where it was, because
// somebody else committed on top.
type MovedError struct {
	Branch string
	// Was is the tip that was expected, Now the one that is there; empty for
	// a branch that did not exist.
	Was, Now string
}

func (e *MovedError) Error() string {
	return fmt.Sprintf("branch %s moved from %s to %s", e.Branch, short(e.Was), short(e.Now))
}

// Hint says what to do about it.
func (e *MovedError) Hint() string { return "fetch the new tip and try again" }

// A RewrittenError reports that a branch was re-created or forced to another
// history, in which the expected tip does not occur.
type RewrittenError struct {
	Branch   string
	Was, Now string
}

func (e *RewrittenError) Error() string {
	return fmt.Sprintf("branch %s was rewritten while we worked: %s is not in the history of %s",
		e.Branch, short(e.Was), short(e.Now))
}

// Hint says what to do about it.
func (e *RewrittenError) Hint() string {
	return "find out who rewrote the branch, then run it again to start from its new state"
}

// A DeletedError reports that a branch was deleted.
type DeletedError struct {
	Branch, Was string
}

func (e *DeletedError) Error() string {
	return fmt.Sprintf("branch %s was deleted while we worked (it was at %s)", e.Branch, short(e.Was))
}

// Hint says what to do about it.
func (e *DeletedError) Hint() string {
	return "find out who deleted the branch; running it again creates it anew"
}

// A RefusedError reports that the server did not take a commit although the
// branch is where it was expected to be.
type RefusedError struct {
	Branch string
	// Words are what the server said, verbatim; empty where it said nothing.
	Words string
	// Err is why the exchange failed.
	Err  error
	next string
}

func (e *RefusedError) Error() string {
	msg := "branch " + e.Branch + ": the push was refused"
	if e.Words != "" {
		return msg + said(e.Words)
	}
	if e.Err != nil {
		msg += ": " + e.Err.Error()
	}
	return msg
}
func (e *RefusedError) Unwrap() error { return e.Err }

// Hint says what to do about it.
func (e *RefusedError) Hint() string {
	if e.next != "" {
		return e.next
	}
	return "if the branch is protected, publish by pull request: review: pull-request"
}

// A BlockedError reports a path that cannot be written or removed because of
// what lies there.
type BlockedError struct {
	// Path is where the obstacle lies.
	Path string
	// Kind is what lies there.
	Kind Kind
	// Want says what was to be there.
	Want string
}

func (e *BlockedError) Error() string {
	return fmt.Sprintf("%s is a %s, want %s", e.Path, e.Kind, e.Want)
}

// Hint says what to do about it.
func (e *BlockedError) Hint() string {
	return "move it away, or choose another gitops.path; lading does not touch what it did not write"
}

func said(words string) string {
	words = strings.TrimSpace(words)
	switch {
	case words == "":
		return ""
	case strings.Contains(words, "\n"):
		return ", the server says:\n  " + strings.ReplaceAll(words, "\n", "\n  ")
	}
	return ", the server says: " + words
}

func with(sources []string) string {
	if len(sources) == 0 {
		return ""
	}
	return " from " + strings.Join(sources, ", ")
}

func short(hash string) string {
	if hash == "" {
		return "nothing"
	}
	return hash[:min(len(hash), 10)]
}
