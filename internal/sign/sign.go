// Package sign makes the signatures of commits that git verifies: SSHSIG with
// keys of SSH, from a file, a variable or ssh-agent, and OpenPGP with an
// armoured private key.
//
// What a key is, its text says; nobody has to name the kind. A key that cannot
// be used is noticed when the signer is made, before any work is done. No
// message holds a private key or a passphrase. Keys that only another program
// reaches, such as the keyring of gpg, are no part of this.
package sign

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// Options say which key signs. One of Key and File is set.
type Options struct {
	// Name is what messages call the key; the path of a file belongs to it.
	Name string
	// Key is the key itself: a private key of SSH or OpenPGP as text, or a
	// public key of SSH whose private key ssh-agent holds.
	Key string
	// File is the path of a file with such a key. Beside a public key of SSH
	// the private one may lie, under the same name without .pub.
	File string
	// Passphrase opens an encrypted private key.
	Passphrase string
	// Agent is the socket of ssh-agent, empty for none.
	Agent string
	// Now is the time that OpenPGP signatures bear; without it, the present.
	Now func() time.Time
}

// A KeyError says why a key cannot sign.
type KeyError struct{ Key, Problem, hint string }

func (e *KeyError) Error() string { return e.Key + " " + e.Problem }

// Hint returns the next step.
func (e *KeyError) Hint() string { return e.hint }

// New returns the function that signs: it makes the armoured signature of
// data, as git puts it into a commit.
func New(o Options) (func(data []byte) (string, error), error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	text, err := o.text()
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(text, []byte("-----BEGIN PGP ")) {
		return o.openPGP(text)
	}
	signer, err := o.ssh(text)
	if err != nil {
		return nil, err
	}
	return func(data []byte) (string, error) { return sshSignature(signer, data) }, nil
}

// text returns the key as text, from wherever it is. CI systems change the
// space around the values of variables.
func (o *Options) text() ([]byte, error) {
	if o.File == "" {
		return tidy([]byte(o.Key)), nil
	}
	// Whoever takes the one variable for the other must not see the key in a log.
	if IsKey(o.File) {
		return nil, o.problem("holds a key, want the path of a file", "LADING_SIGNING_KEY takes the key itself")
	}
	data, err := os.ReadFile(o.File)
	var reason *fs.PathError
	if errors.As(err, &reason) {
		return nil, o.problem("cannot be read: "+reason.Err.Error(), "name a file with a private key")
	}
	if err != nil {
		return nil, err
	}
	return tidy(data), nil
}

func tidy(text []byte) []byte {
	return append(bytes.TrimSpace(text), '\n')
}

// IsKey reports whether a text is a key, of any kind, and not the path of one.
func IsKey(text string) bool {
	return strings.Contains(text, "-----BEGIN ") || IsPublic(text)
}

// IsPublic reports whether a text is a public key of SSH, as git's
// user.signingKey may be one.
func IsPublic(text string) bool {
	_, err := publicKey([]byte(text))
	return err == nil
}

// publicKey reads a line as in .pub files, with or without git's "key::".
func publicKey(text []byte) (ssh.PublicKey, error) {
	key, _, _, _, err := ssh.ParseAuthorizedKey(bytes.TrimPrefix(bytes.TrimSpace(text), []byte("key::")))
	return key, err
}

func (o *Options) problem(problem, hint string) error {
	return &KeyError{o.Name, problem, hint}
}
