package sign_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/internal/gittest"
	"github.com/lading-dev/lading/internal/sign"
)

const passphrase = "correct horse"

// sshKeys are private keys of each kind that signs.
func sshKeys(t *testing.T) map[string]crypto.Signer {
	t.Helper()
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	ec256, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ec521, err3 := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	rs, err4 := rsa.GenerateKey(rand.Reader, 2048)
	if err := errors.Join(err, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	return map[string]crypto.Signer{"ed25519": ed, "ecdsa 256": ec256, "ecdsa 521": ec521, "rsa": rs}
}

// openSSH writes a private key as ssh-keygen does, encrypted where there is a
// passphrase.
func openSSH(t *testing.T, key crypto.Signer, passphrase string) string {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block))
}

func pkcs8(t *testing.T, key crypto.Signer) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// public writes a public key as .pub files hold it.
func public(t *testing.T, key crypto.Signer) string {
	t.Helper()
	k, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return string(ssh.MarshalAuthorizedKey(k))
}

// need skips a test where a program is not installed; on CI all are.
func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed, and CI must run this test", program)
	}
	t.Skipf("%s is not installed: git cannot verify signatures without it", program)
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// serveAgent starts an ssh-agent with some keys and returns its socket.
func serveAgent(t *testing.T, held agent.Agent) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "a") // paths of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close(); _ = os.RemoveAll(dir) })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(held, conn); _ = conn.Close() }()
		}
	}()
	return socket
}

func keyring(t *testing.T, keys ...crypto.Signer) agent.Agent {
	t.Helper()
	ring := agent.NewKeyring()
	for _, key := range keys {
		if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
			t.Fatal(err)
		}
	}
	return ring
}

// commit publishes a commit that is signed with the options and returns the
// repository and its name.
func commit(t *testing.T, o sign.Options) (repo, hash string) {
	t.Helper()
	signer, err := sign.New(o)
	if err != nil {
		t.Fatal(err)
	}
	path := gittest.Bare(t, t.TempDir(), "r.git")
	r, err := gitrepo.Open(t.Context(), path, gitrepo.Options{Getenv: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	tip, err := r.Fetch(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	staged, err := tip.Splice([]gitrepo.Change{{Path: "a.yaml", Data: []byte("a: 1\n")}})
	if err != nil {
		t.Fatal(err)
	}
	who := gitrepo.Signature{Name: "Carl", Email: "carl@example.com", When: time.Now()}
	c, err := staged.Commit(gitrepo.CommitInfo{Author: who, Committer: who, Message: "signed\n\nwith a body", Sign: signer})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Push(t.Context(), "main", c); err != nil {
		t.Fatal(err)
	}
	gittest.Fsck(t, path)
	return path, c.Hash()
}

// verifySSH lets git judge a commit, with a key that is allowed to sign.
func verifySSH(t *testing.T, repo, hash, public string) {
	t.Helper()
	need(t, "ssh-keygen")
	allowed := write(t, t.TempDir(), "allowed_signers", "carl@example.com "+public)
	got := gittest.Git(t, repo, "-c", "gpg.format=ssh", "-c", "gpg.ssh.allowedSignersFile="+allowed, "verify-commit", hash)
	if !strings.Contains(got, `Good "git" signature for carl@example.com`) {
		t.Errorf("git verify-commit: %s", got)
	}
}

func TestGitVerifiesCommitsThatSSHKeysSigned(t *testing.T) {
	t.Parallel()
	for name, key := range sshKeys(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repo, hash := commit(t, sign.Options{Name: "key", Key: openSSH(t, key, "")})
			verifySSH(t, repo, hash, public(t, key))
		})
	}
}

func TestAnSSHKeyIsFoundInEachOfItsForms(t *testing.T) {
	t.Parallel()
	key := sshKeys(t)["rsa"]
	ring := serveAgent(t, keyring(t, sshKeys(t)["ed25519"], key))
	dir := t.TempDir()
	write(t, dir, "both", openSSH(t, key, ""))
	write(t, dir, "locked", openSSH(t, key, passphrase))
	for name, o := range map[string]sign.Options{
		"a file":                              {File: filepath.Join(dir, "both")},
		"PKCS8":                               {Key: pkcs8(t, key)},
		"a variable with DOS lines and space": {Key: " \r\n" + strings.ReplaceAll(openSSH(t, key, ""), "\n", "\r\n") + " "},
		"encrypted, with its passphrase":      {File: filepath.Join(dir, "locked"), Passphrase: passphrase},
		"encrypted, and in the agent":         {File: filepath.Join(dir, "locked"), Agent: ring},
		"a public key in the agent":           {Key: public(t, key), Agent: ring},
		"as git writes public keys":           {Key: "key::" + public(t, key), Agent: ring},
		"a public key beside its private one": {File: write(t, dir, "both.pub", public(t, key))},
		"a public key with an agent":          {File: write(t, dir, "alone.pub", public(t, key)), Agent: ring},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o.Name = "key"
			repo, hash := commit(t, o)
			verifySSH(t, repo, hash, public(t, key))
		})
	}
}

// A changed byte of the commit, or another key, is what signatures are for.
func TestGitRefusesCommitsThatWereChanged(t *testing.T) {
	t.Parallel()
	need(t, "ssh-keygen")
	keys := sshKeys(t)
	repo, hash := commit(t, sign.Options{Name: "key", Key: openSSH(t, keys["ed25519"], "")})
	text := gittest.Git(t, repo, "cat-file", "commit", hash)
	forged := write(t, t.TempDir(), "forged", strings.Replace(text, "signed", "Signed", 1)+"\n")
	other := gittest.Git(t, repo, "hash-object", "-t", "commit", "-w", forged)
	for name, c := range map[string]struct{ commit, public string }{
		"another message": {other, public(t, keys["ed25519"])},
		"another key":     {hash, public(t, keys["ecdsa 256"])},
	} {
		allowed := write(t, t.TempDir(), "allowed_signers", "carl@example.com "+c.public)
		got, err := gittest.Try(repo, "-c", "gpg.ssh.allowedSignersFile="+allowed, "verify-commit", c.commit)
		if err == nil {
			t.Errorf("%s: git says %s", name, got)
		}
	}
}

// An agent may be locked, or gone, between the look at its keys and the commit.
func TestAnAgentThatFailsLaterIsAnError(t *testing.T) {
	t.Parallel()
	key := sshKeys(t)["ed25519"]
	ring := keyring(t, key)
	signer, err := sign.New(sign.Options{Name: "key", Key: public(t, key), Agent: serveAgent(t, ring)})
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.Lock([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if signature, err := signer([]byte("data")); err == nil || !strings.HasPrefix(err.Error(), "asking ssh-agent: ") {
		t.Errorf("signed %q, error %v", signature, err)
	}
}

// oldAgent knows nothing of flags: it signs with SHA-1.
type oldAgent struct{ agent.Agent }

func TestAnAgentThatSignsWithSHA1IsRefused(t *testing.T) {
	t.Parallel()
	key := sshKeys(t)["rsa"]
	signer, err := sign.New(sign.Options{Name: "key", Key: public(t, key), Agent: serveAgent(t, oldAgent{keyring(t, key)})})
	if err != nil {
		t.Fatal(err)
	}
	if signature, err := signer([]byte("data")); err == nil {
		t.Errorf("signed %q", signature)
	}
}

func TestKeysThatCannotSignAreRefusedAtOnce(t *testing.T) {
	t.Parallel()
	keys := sshKeys(t)
	key, other := keys["ed25519"], keys["ecdsa 256"]
	dir := t.TempDir()
	write(t, dir, "other", openSSH(t, other, ""))
	full := serveAgent(t, keyring(t, other))
	private, locked := openSSH(t, key, ""), openSSH(t, key, passphrase)
	for name, c := range map[string]struct {
		options sign.Options
		want    string
	}{
		"nothing":                  {sign.Options{}, "key is no key of SSH or OpenPGP as text"},
		"some text":                {sign.Options{Key: strings.Repeat("hunter2", 9)}, "key is no key of SSH or OpenPGP as text"},
		"no such file":             {sign.Options{File: "/nowhere/key"}, "key cannot be read: no such file or directory"},
		"a folder":                 {sign.Options{File: "/"}, "key cannot be read: is a directory"},
		"a key instead of a path":  {sign.Options{File: private}, "key holds a key, want the path of a file"},
		"a damaged key":            {sign.Options{Key: private[:90] + "\n-----END OPENSSH PRIVATE KEY-----\n"}, "key is no private key that can be read: …"},
		"no passphrase":            {sign.Options{Key: locked}, "key is a private key with a passphrase"},
		"no passphrase, old agent": {sign.Options{Key: locked, Agent: full}, "key is a private key with a passphrase"},
		"a wrong passphrase":       {sign.Options{Key: locked, Passphrase: "battery"}, "key does not open with LADING_SIGNING_PASSPHRASE"},
		"public without an agent":  {sign.Options{Key: public(t, key)}, "key is a public key, and there is no ssh-agent to sign for it: SSH_AUTH_SOCK is not set"},
		"the agent is gone":        {sign.Options{Key: public(t, key), Agent: "/nowhere/s"}, "key is a public key, and ssh-agent does not answer: …"},
		"the agent has others":     {sign.Options{Key: public(t, key), Agent: full}, "key is the public key …, whose private key ssh-agent does not have"},
		"public of another":        {sign.Options{File: write(t, dir, "other.pub", public(t, key))}, "key is not the public key of the private key beside it"},
		"a certificate":            {sign.Options{Key: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}, "key is no private key that can be read: …"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.options.Name = "key"
			refused(t, c.options, c.want)
		})
	}
}

// refused checks the message of a key that cannot sign; "…" stands for what
// others word. Nothing of the key or the passphrase may be in it.
func refused(t *testing.T, o sign.Options, want string) {
	t.Helper()
	_, err := sign.New(o)
	var problem *sign.KeyError
	if !errors.As(err, &problem) {
		t.Fatalf("error is %v, want a KeyError", err)
	}
	head, tail, _ := strings.Cut(want, "…")
	got := problem.Error()
	if !strings.HasPrefix(got, head) || !strings.HasSuffix(got, tail) || strings.Contains(want, "…") == (got == want) {
		t.Error(cmp.Diff(want, got))
	}
	if problem.Hint() == "" {
		t.Error("there is no hint")
	}
	text := got + problem.Hint()
	if o.Passphrase != "" && strings.Contains(text, o.Passphrase) {
		t.Errorf("the message holds the passphrase: %s", text)
	}
	for word := range strings.FieldsSeq(o.Key + "\n" + o.File) {
		if len(word) > 30 && strings.Contains(text, word) {
			t.Errorf("the message holds a part of the key: %s", text)
		}
	}
}
