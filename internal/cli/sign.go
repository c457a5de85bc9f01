// With which key commits are signed.

package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/internal/sign"
)

// signFlags are the flags of signing. Who gives none of them, has none of the
// variables and nothing in git's configuration gets commits without signature.
type signFlags struct {
	sign bool
	key  string
	// given reports whether --sign was given, with whatever value.
	given func() bool
}

func (f *signFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.sign, "sign", false, "sign the commit; --sign=false does not, whatever git's configuration says (default: commit.gpgSign of git)")
	flags.StringVar(&f.key, "signing-key", "", "`key` to sign with: the file of a private key, or a public key of SSH that ssh-agent has (default: user.signingKey of git)")
	f.given = func() bool { return flags.Changed("sign") }
}

// A signer makes the armoured signature of a commit's bytes.
type signer func(data []byte) (string, error)

// signer returns what signs the commits of a command, nil for nothing. The key
// comes from --signing-key, else from LADING_SIGNING_KEY or
// LADING_SIGNING_KEY_FILE, else from git's configuration. A dry run signs
// nothing, and needs no key.
func (f *signFlags) signer(env *Env, dryRun bool) (signer, error) {
	if f.given() && !f.sign {
		if f.key != "" {
			return nil, &usageError{"--sign=false and --signing-key contradict each other", "leave one of them out"}
		}
		return nil, nil
	}
	if dryRun {
		return nil, nil
	}
	o, err := f.choose(env)
	if o == nil || err != nil {
		return nil, err
	}
	o.Passphrase = env.Getenv("LADING_SIGNING_PASSPHRASE")
	o.Agent = env.Getenv("SSH_AUTH_SOCK")
	o.Now = env.Now
	sign, err := sign.New(*o)
	return sign, misusedKey(err)
}

// misusedKey makes a key that cannot be used a mistake of the user.
func misusedKey(err error) error {
	var key *sign.KeyError
	if errors.As(err, &key) {
		return &usageError{"commits cannot be signed: " + key.Error(), key.Hint() + "; --sign=false commits without signature"}
	}
	return err
}

// choose returns where the key is, nil if nothing is to be signed.
func (f *signFlags) choose(env *Env) (*sign.Options, error) {
	text, file := env.Getenv("LADING_SIGNING_KEY"), env.Getenv("LADING_SIGNING_KEY_FILE")
	switch {
	case f.key != "":
		return flagKey(env, f.key)
	case text != "" && file != "":
		return nil, &usageError{"LADING_SIGNING_KEY and LADING_SIGNING_KEY_FILE are both set", "unset one of them"}
	case text != "":
		if !sign.IsKey(text) {
			return nil, &usageError{"LADING_SIGNING_KEY is no key", "it takes the key itself; LADING_SIGNING_KEY_FILE takes the path of a file"}
		}
		return &sign.Options{Name: "LADING_SIGNING_KEY", Key: text}, nil
	case file != "":
		return keyAt(env, "LADING_SIGNING_KEY_FILE", file), nil
	}
	return f.configuredKey(env)
}

// flagKey reads --signing-key. Everybody on the machine can see arguments.
func flagKey(env *Env, key string) (*sign.Options, error) {
	if sign.IsKey(key) && !sign.IsPublic(key) {
		return nil, &usageError{"--signing-key holds a private key, which others can see in the list of processes",
			"name its file, or set LADING_SIGNING_KEY"}
	}
	return keyAt(env, "--signing-key", key), nil
}

// keyAt returns the options for a public key, or for a file below the working
// directory or the home directory.
func keyAt(env *Env, name, key string) *sign.Options {
	if sign.IsKey(key) {
		// A private key where a path belongs goes on as one, to be refused.
		if sign.IsPublic(key) {
			return &sign.Options{Name: name, Key: key}
		}
		return &sign.Options{Name: name, File: key}
	}
	if rest, ok := strings.CutPrefix(key, "~/"); ok {
		key = filepath.Join(env.Getenv("HOME"), rest)
	}
	file := inDir(env.Dir, key)
	return &sign.Options{Name: nearby(env.Dir, file) + " (" + name + ")", File: file}
}

// The settings of git that say how commits are signed.
const (
	gpgSign    = "commit.gpgsign"
	gpgFormat  = "gpg.format"
	signingKey = "user.signingkey"
)

// configuredKey returns the key of git's configuration, where that or --sign
// wants signatures. What git wants and lading cannot do is an error: a commit
// without signature would be noticed when it is too late.
func (f *signFlags) configuredKey(env *Env) (*sign.Options, error) {
	config, err := readGitConfig(env, gpgSign, gpgFormat, signingKey)
	if err != nil && !f.sign {
		say(env, "warning: commits are not signed, whatever git's configuration says: it cannot be read: %v", err)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !f.sign && !config.on(gpgSign) {
		return nil, nil
	}
	reason := "--sign"
	if !f.sign {
		reason = "commit.gpgSign of git's configuration"
	}
	key := config[signingKey]
	if !config.usable(env, key) {
		return nil, config.unusable(reason, key)
	}
	return keyAt(env, "user.signingKey of git's configuration", key), nil
}

// usable reports whether user.signingKey can be a key for lading. With
// gpg.format=openpgp it usually names a key in the keyring of gpg; a file is
// what git does not know there, but does no harm.
func (c gitConfig) usable(env *Env, key string) bool {
	switch {
	case key == "" || c[gpgFormat] == "x509":
		return false
	case c[gpgFormat] == "ssh" || sign.IsKey(key):
		return true
	}
	info, err := os.Stat(keyAt(env, "", key).File)
	return err == nil && info.Mode().IsRegular()
}

// unusable says why a configuration is none for lading, and what to do.
func (c gitConfig) unusable(reason, key string) error {
	const (
		give = "give --signing-key FILE, or set LADING_SIGNING_KEY or LADING_SIGNING_KEY_FILE"
		off  = "; --sign=false commits without signature"
	)
	switch {
	case c[gpgFormat] == "x509":
		return &usageError{reason + " asks for a signature, and gpg.format is x509, which lading cannot do", give + " with a key of SSH or OpenPGP" + off}
	case c[gpgFormat] == "ssh" || c[gpgFormat] == "" && key == "" && reason == "--sign":
		return &usageError{reason + " asks for a signature, and there is no key: git's user.signingKey is not set", give + off}
	}
	return &usageError{
		reason + " asks for a signature with a key in gpg's keyring, which lading does not use",
		"export the key with 'gpg --export-secret-keys --armor KEY > FILE'; " + give + off,
	}
}
