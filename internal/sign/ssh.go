package sign

import (
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"
)

// The format is told in
// https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig.
const (
	sshMagic     = "SSHSIG"
	sshVersion   = 1
	sshNamespace = "git" // what git asks ssh-keygen to verify
	sshHash      = "sha512"
	armourWidth  = 70
)

// signedPart is what the key signs, behind the magic word.
type signedPart struct{ Namespace, Reserved, HashAlgorithm, Hash string }

// sshEnvelope is what the armour holds, behind the magic word.
type sshEnvelope struct {
	Version                                                  uint32
	PublicKey, Namespace, Reserved, HashAlgorithm, Signature string
}

// sshSignature signs data the way of 'ssh-keygen -Y sign -n git'.
func sshSignature(signer ssh.Signer, data []byte) (string, error) {
	digest := sha512.Sum512(data)
	signed := ssh.Marshal(signedPart{sshNamespace, "", sshHash, string(digest[:])})
	signature, err := signBytes(signer, append([]byte(sshMagic), signed...))
	if err != nil {
		return "", err
	}
	envelope := ssh.Marshal(sshEnvelope{
		sshVersion, string(signer.PublicKey().Marshal()), sshNamespace, "", sshHash, string(ssh.Marshal(signature)),
	})
	return armour(append([]byte(sshMagic), envelope...)), nil
}

// signBytes chooses the algorithm where a key has several: the format forbids
// RSA with SHA-1, which is what such keys do unasked.
func signBytes(signer ssh.Signer, data []byte) (*ssh.Signature, error) {
	if signer.PublicKey().Type() != ssh.KeyAlgoRSA {
		return signer.Sign(rand.Reader, data)
	}
	chooser, ok := signer.(ssh.AlgorithmSigner)
	if !ok {
		return nil, errors.New("the RSA key cannot sign with SHA-512")
	}
	return chooser.SignWithAlgorithm(rand.Reader, data, ssh.KeyAlgoRSASHA512)
}

func armour(data []byte) string {
	var b strings.Builder
	b.WriteString("-----BEGIN SSH SIGNATURE-----\n")
	text := base64.StdEncoding.EncodeToString(data)
	for len(text) > armourWidth {
		b.WriteString(text[:armourWidth] + "\n")
		text = text[armourWidth:]
	}
	b.WriteString(text + "\n-----END SSH SIGNATURE-----\n")
	return b.String()
}

// ssh returns the signer of a private key, or that of a public key whose
// private one ssh-agent holds or lies beside it.
func (o *Options) ssh(text []byte) (ssh.Signer, error) {
	if public, err := publicKey(text); err == nil {
		return o.held(public)
	}
	if !strings.HasPrefix(string(text), "-----BEGIN ") {
		return nil, o.problem("is no key of SSH or OpenPGP as text",
			`want a private key ("-----BEGIN …"), or the line of a public key of SSH that ssh-agent has`)
	}
	return o.private(text)
}

// held finds the private key of a public one: in ssh-agent, as
// 'ssh-keygen -Y sign' does, else in the file beside it.
func (o *Options) held(public ssh.PublicKey) (ssh.Signer, error) {
	signer, agentErr := o.fromAgent(public)
	beside, isPublic := strings.CutSuffix(o.File, ".pub")
	if agentErr == nil || !isPublic {
		return signer, agentErr
	}
	data, err := os.ReadFile(beside)
	if err != nil {
		return nil, agentErr
	}
	if signer, err = o.private(tidy(data)); err != nil {
		return nil, err
	}
	if !sameKey(signer.PublicKey(), public) {
		return nil, o.problem("is not the public key of the private key beside it", "name the private key, or add it to ssh-agent")
	}
	return signer, nil
}

// private reads a private key. One whose passphrase is not known may be in
// ssh-agent.
func (o *Options) private(text []byte) (ssh.Signer, error) {
	signer, err := ssh.ParsePrivateKey(text)
	var locked *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &locked) && o.Passphrase != "":
		if signer, err = ssh.ParsePrivateKeyWithPassphrase(text, []byte(o.Passphrase)); err != nil {
			return nil, o.problem("does not open with LADING_SIGNING_PASSPHRASE", "correct or unset the passphrase")
		}
	case errors.As(err, &locked):
		if locked.PublicKey != nil {
			if signer, err := o.fromAgent(locked.PublicKey); err == nil {
				return signer, nil
			}
		}
		return nil, o.problem("is a private key with a passphrase", "set LADING_SIGNING_PASSPHRASE, or add the key to ssh-agent")
	case err != nil:
		return nil, o.problem("is no private key that can be read: "+err.Error(), "want Ed25519, ECDSA or RSA, as ssh-keygen writes them")
	}
	return o.usable(signer)
}

// usable refuses the keys that verifiers refuse.
func (o *Options) usable(signer ssh.Signer) (ssh.Signer, error) {
	//lint:ignore SA1019 the deprecated kind is named to be refused
	if signer.PublicKey().Type() == ssh.InsecureKeyAlgoDSA {
		return nil, o.problem("is a DSA key, which nobody accepts any more", "make a new one: ssh-keygen -t ed25519")
	}
	return signer, nil
}
