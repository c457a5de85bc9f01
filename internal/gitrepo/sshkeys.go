package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// sshKeys finds the keys to log in with: the one in the file that
// LADING_SSH_KEY names, or in that variable itself, else those of ssh-agent and then the usual files in ~/.ssh.
type sshKeys struct{ options Options }

var keyFiles = []string{"id_ed25519", "id_ecdsa", "id_rsa"}

// methods returns how to log in. tried names afterwards what was shown to the
// server; done must be called after the handshake.
func (k *sshKeys) methods(ctx context.Context) (auth []ssh.AuthMethod, tried func() []string, done func(), err error) {
	var names []string
	tried = func() []string { return names }
	done = func() {}
	if file := k.options.getenv("LADING_SSH_KEY"); file != "" {
		signer, err := k.given(file)
		if err != nil {
			return nil, nil, nil, err
		}
		names = []string{"LADING_SSH_KEY"}
		return []ssh.AuthMethod{ssh.PublicKeys(signer)}, tried, done, nil
	}
	var signers []ssh.Signer
	if socket := k.options.getenv("SSH_AUTH_SOCK"); socket != "" {
		if conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket); err == nil {
			done = func() { _ = conn.Close() }
			if held, err := agent.NewClient(conn).Signers(); err == nil && len(held) > 0 {
				signers = held
				names = append(names, fmt.Sprintf("ssh-agent (%d keys)", len(held)))
			}
		}
	}
	if k.options.Home != "" {
		for _, name := range keyFiles {
			file := filepath.Join(k.options.Home, ".ssh", name)
			// Keys with a passphrase are the business of ssh-agent.
			if signer, err := k.read(file); err == nil {
				signers = append(signers, signer)
				names = append(names, file)
			}
		}
	}
	return []ssh.AuthMethod{ssh.PublicKeys(signers...)}, tried, done, nil
}

// given reads LADING_SSH_KEY: CI systems keep keys in files or in variables.
func (k *sshKeys) given(value string) (ssh.Signer, error) {
	if strings.HasPrefix(strings.TrimSpace(value), "-----BEGIN ") {
		return k.parse("LADING_SSH_KEY", []byte(strings.TrimSpace(value)+"\n"))
	}
	return k.read(value)
}

func (k *sshKeys) read(file string) (ssh.Signer, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, &LocationError{file, "cannot be read as an ssh key: " + err.Error(), "correct or unset LADING_SSH_KEY"}
	}
	return k.parse(file, data)
}

func (k *sshKeys) parse(file string, data []byte) (ssh.Signer, error) {
	signer, err := ssh.ParsePrivateKey(data)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) {
		if phrase := k.options.getenv("LADING_SSH_PASSPHRASE"); phrase != "" {
			signer, err = ssh.ParsePrivateKeyWithPassphrase(data, []byte(phrase))
		}
	}
	if errors.As(err, &locked) {
		return nil, &LocationError{file, "is an ssh key with a passphrase", "add it to ssh-agent, or set LADING_SSH_PASSPHRASE"}
	}
	if err != nil {
		return nil, &LocationError{file, "is not an ssh key: " + err.Error(), "name the file of the private key in LADING_SSH_KEY"}
	}
	return signer, nil
}
