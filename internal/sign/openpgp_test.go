package sign_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/lading-dev/lading/internal/gittest"
	"github.com/lading-dev/lading/internal/sign"
)

// identity makes an OpenPGP key.
func identity(t *testing.T, config *packet.Config) *openpgp.Entity {
	t.Helper()
	entity, err := openpgp.NewEntity("Carl", "", "carl@example.com", config)
	if err != nil {
		t.Fatal(err)
	}
	return entity
}

// armoured writes a key as 'gpg --export --armor' and its relatives do.
func armoured(t *testing.T, kind string, serialize func(*bytes.Buffer) error) string {
	t.Helper()
	var plain, text bytes.Buffer
	if err := serialize(&plain); err != nil {
		t.Fatal(err)
	}
	w, err := armor.Encode(&text, kind, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return text.String() + "\n"
}

func secretKey(t *testing.T, entities ...*openpgp.Entity) string {
	t.Helper()
	return armoured(t, openpgp.PrivateKeyType, func(b *bytes.Buffer) error {
		for _, e := range entities {
			if err := e.SerializePrivateWithoutSigning(b, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

func publicKey(t *testing.T, entity *openpgp.Entity) string {
	t.Helper()
	return armoured(t, openpgp.PublicKeyType, func(b *bytes.Buffer) error { return entity.Serialize(b) })
}

// locked returns the text of a key with the passphrase.
func locked(t *testing.T, config *packet.Config) (text string, entity *openpgp.Entity) {
	t.Helper()
	entity = identity(t, config)
	if err := entity.EncryptPrivateKeys([]byte(passphrase), nil); err != nil {
		t.Fatal(err)
	}
	return secretKey(t, entity), entity
}

// gpg runs gpg with a keyring of its own.
func gpg(t *testing.T, home, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.Command("gpg", append([]string{"--batch", "--no-tty", "--homedir", home}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = append(gittest.Env(), "GNUPGHOME="+home)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("gpg %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// gpgHome makes a keyring. Its path is short, since gpg makes sockets in it.
func gpgHome(t *testing.T) string {
	t.Helper()
	need(t, "gpg")
	home, err := os.MkdirTemp("", "g")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd := exec.Command("gpgconf", "--homedir", home, "--kill", "all")
		_ = cmd.Run()
		_ = os.RemoveAll(home)
	})
	return home
}

// verifyOpenPGP lets git and gpg judge a commit.
func verifyOpenPGP(t *testing.T, home, repo, hash string) {
	t.Helper()
	wrapper := filepath.Join(t.TempDir(), "gpg")
	script := "#!/bin/sh\nexec gpg --homedir '" + home + "' \"$@\"\n"
	if err := os.WriteFile(wrapper, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	got := gittest.Git(t, repo, "-c", "gpg.program="+wrapper, "verify-commit", hash)
	if !strings.Contains(got, `Good signature from "Carl <carl@example.com>"`) {
		t.Errorf("git verify-commit: %s", got)
	}
}

func TestGitVerifiesCommitsThatOpenPGPKeysSigned(t *testing.T) {
	t.Parallel()
	home := gpgHome(t)
	for name, config := range map[string]*packet.Config{
		"eddsa": {Algorithm: packet.PubKeyAlgoEdDSA},
		"ecdsa": {Algorithm: packet.PubKeyAlgoECDSA, Curve: packet.CurveNistP256},
		"rsa":   {Algorithm: packet.PubKeyAlgoRSA, RSABits: 2048},
	} {
		entity := identity(t, config)
		gpg(t, home, publicKey(t, entity), "--import")
		repo, hash := commit(t, sign.Options{Name: "key", Key: secretKey(t, entity)})
		t.Run(name, func(t *testing.T) { verifyOpenPGP(t, home, repo, hash) })
	}
}

// Keys of gpg's own have a passphrase and subkeys; often the primary key
// stays at home.
func TestKeysThatGpgExportsSign(t *testing.T) {
	t.Parallel()
	home := gpgHome(t)
	unlock := []string{"--pinentry-mode", "loopback", "--passphrase", passphrase}
	gpg(t, home, "", append(unlock, "--quick-generate-key", "Carl <carl@example.com>", "ed25519", "cert")...)
	fields := strings.Split(gpg(t, home, "", "--list-keys", "--with-colons"), "fpr:::::::::")
	fingerprint, _, _ := strings.Cut(fields[1], ":")
	gpg(t, home, "", append(unlock, "--quick-add-key", fingerprint, "ed25519", "sign")...)
	for _, export := range []string{"--export-secret-keys", "--export-secret-subkeys"} {
		t.Run(export, func(t *testing.T) {
			text := gpg(t, home, "", append(unlock, "--armor", export, fingerprint)...)
			repo, hash := commit(t, sign.Options{Name: "key", Key: text, Passphrase: passphrase})
			verifyOpenPGP(t, home, repo, hash)
		})
	}
}

func TestOpenPGPSignaturesHold(t *testing.T) {
	t.Parallel()
	text, entity := locked(t, nil)
	file := filepath.Join(t.TempDir(), "key.asc")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(text, "\n", "\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	when := time.Now().Add(time.Hour).Truncate(time.Second)
	signer, err := sign.New(sign.Options{Name: "key", File: file, Passphrase: passphrase, Now: func() time.Time { return when }})
	if err != nil {
		t.Fatal(err)
	}
	signature, err := signer([]byte("data"))
	if err != nil {
		t.Fatal(err)
	}
	check := func(data string) (*packet.Signature, error) {
		block, err := armor.Decode(strings.NewReader(signature))
		if err != nil {
			t.Fatal(err)
		}
		s, _, err := openpgp.VerifyDetachedSignature(openpgp.EntityList{entity}, strings.NewReader(data),
			block.Body, &packet.Config{Time: func() time.Time { return when }})
		return s, err
	}
	got, err := check("data")
	if err != nil {
		t.Fatal(err)
	}
	if !got.CreationTime.Equal(when) {
		t.Errorf("the signature is from %s, want %s", got.CreationTime, when)
	}
	if _, err := check("Data"); err == nil {
		t.Error("the signature holds for other data")
	}
}

func TestOpenPGPKeysThatCannotSignAreRefused(t *testing.T) {
	t.Parallel()
	encrypted, _ := locked(t, nil)
	entity := identity(t, nil)
	old := identity(t, &packet.Config{
		Time: func() time.Time { return time.Now().Add(-48 * time.Hour) }, KeyLifetimeSecs: 3600,
	})
	for name, c := range map[string]struct {
		options sign.Options
		want    string
	}{
		"a public key":       {sign.Options{Key: publicKey(t, entity)}, "key is an OpenPGP public key, want the private key"},
		"two keys":           {sign.Options{Key: secretKey(t, entity, identity(t, nil))}, "key holds several OpenPGP keys, want one"},
		"a damaged key":      {sign.Options{Key: secretKey(t, entity)[:200]}, "key is no OpenPGP key that can be read: …"},
		"no passphrase":      {sign.Options{Key: encrypted}, "key is a private key with a passphrase"},
		"a wrong passphrase": {sign.Options{Key: encrypted, Passphrase: "battery"}, "key does not open with LADING_SIGNING_PASSPHRASE"},
		"an expired key":     {sign.Options{Key: secretKey(t, old)}, "key is an OpenPGP key without a part that can sign now (expired, revoked, or left out)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.options.Name = "key"
			refused(t, c.options, c.want)
		})
	}
}
