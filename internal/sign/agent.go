package sign

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// An agentKey is a key that ssh-agent holds. Each signature has a connection of
// its own, since hours may pass between them, and since some agents ask a
// person each time.
type agentKey struct {
	socket string
	public ssh.PublicKey
}

// fromAgent looks for a key in ssh-agent.
func (o *Options) fromAgent(public ssh.PublicKey) (ssh.Signer, error) {
	hint := "ssh-add the private key, or name its file"
	if o.Agent == "" {
		return nil, o.problem("is a public key, and there is no ssh-agent to sign for it: SSH_AUTH_SOCK is not set", hint)
	}
	key := &agentKey{o.Agent, public}
	var keys []*agent.Key
	err := key.ask(func(a agent.ExtendedAgent) (err error) {
		keys, err = a.List()
		return err
	})
	if err != nil {
		return nil, o.problem("is a public key, and ssh-agent does not answer: "+err.Error(), hint)
	}
	for _, k := range keys {
		if bytes.Equal(k.Blob, public.Marshal()) {
			return key, nil
		}
	}
	return nil, o.problem(fmt.Sprintf("is the public key %s, whose private key ssh-agent does not have", ssh.FingerprintSHA256(public)), hint)
}

func (k *agentKey) ask(question func(agent.ExtendedAgent) error) error {
	conn, err := net.DialTimeout("unix", k.socket, 5*time.Second)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return question(agent.NewClient(conn))
}

// PublicKey returns the public key.
func (k *agentKey) PublicKey() ssh.PublicKey { return k.public }

// Sign signs with the only algorithm that the key has.
func (k *agentKey) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return k.SignWithAlgorithm(rand, data, "")
}

// SignWithAlgorithm signs with SHA-512 where the key is RSA and it is asked for.
func (k *agentKey) SignWithAlgorithm(_ io.Reader, data []byte, algorithm string) (signature *ssh.Signature, err error) {
	var flags agent.SignatureFlags
	if algorithm == ssh.KeyAlgoRSASHA512 {
		flags = agent.SignatureFlagRsaSha512
	}
	err = k.ask(func(a agent.ExtendedAgent) (err error) {
		signature, err = a.SignWithFlags(k.public, data, flags)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("asking ssh-agent: %w", err)
	}
	// An agent that knows no flags answers with SHA-1, which nobody verifies.
	if algorithm != "" && signature.Format != algorithm {
		return nil, fmt.Errorf("ssh-agent signed with %s, want %s", signature.Format, algorithm)
	}
	return signature, nil
}

func sameKey(a, b ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }
