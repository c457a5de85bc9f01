package gitrepo

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// knownHosts are the keys of ssh servers that the user trusts.
type knownHosts struct {
	files []string
	check ssh.HostKeyCallback // nil where there is no file
}

// readKnownHosts reads the file that LADING_SSH_KNOWN_HOSTS names, else those
// that ssh reads.
func readKnownHosts(o Options) (*knownHosts, error) {
	k := &knownHosts{}
	if file := o.getenv("LADING_SSH_KNOWN_HOSTS"); file != "" {
		k.files = []string{file}
	} else {
		k.files = []string{"/etc/ssh/ssh_known_hosts"}
		if o.Home != "" {
			k.files = append([]string{filepath.Join(o.Home, ".ssh", "known_hosts")}, k.files...)
		}
		k.files = slices.DeleteFunc(k.files, func(file string) bool {
			_, err := os.Stat(file)
			return err != nil
		})
	}
	if len(k.files) == 0 {
		return k, nil
	}
	check, err := knownhosts.New(k.files...)
	if err != nil {
		return nil, &LocationError{k.files[0], "cannot be read as known_hosts: " + err.Error(),
			"correct the file, or name another in LADING_SSH_KNOWN_HOSTS"}
	}
	k.check = check
	return k, nil
}

// algorithms returns the kinds of keys that are known for a server, so that it
// shows one of those; nil where none is known.
func (k *knownHosts) algorithms(address string) []string {
	if k.check == nil {
		return nil
	}
	var known *knownhosts.KeyError
	if !errors.As(k.check(address, &net.TCPAddr{IP: net.IPv4zero}, noKey{}), &known) {
		return nil
	}
	var names []string
	for _, key := range known.Want {
		kind := key.Key.Type()
		if kind == ssh.KeyAlgoRSA { // one key, three ways to sign with it
			names = append(names, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256)
		}
		names = append(names, kind)
	}
	return names
}

// noKey is a key that is no server's.
type noKey struct{}

func (noKey) Type() string                        { return "none" }
func (noKey) Marshal() []byte                     { return nil }
func (noKey) Verify([]byte, *ssh.Signature) error { return errors.New("not a key") }

// A hostKeyCheck remembers how the check of one handshake ended.
type hostKeyCheck struct {
	known  *knownHosts
	passed bool
	err    error
}

func (c *hostKeyCheck) callback(host string, addr net.Addr, key ssh.PublicKey) error {
	e := &HostKeyError{Host: host, Fingerprint: ssh.FingerprintSHA256(key), Files: c.known.files}
	if c.known.check == nil {
		c.err = e
		return e
	}
	err := c.known.check(host, addr, key)
	if err == nil {
		c.passed = true
		return nil
	}
	var mismatch *knownhosts.KeyError
	e.Changed = !errors.As(err, &mismatch) || len(mismatch.Want) > 0
	c.err = e
	return e
}
