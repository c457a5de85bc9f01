package sign

import (
	"bytes"
	"crypto"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

const exportHint = "export it with 'gpg --export-secret-keys --armor KEY'"

// openPGP returns the function that signs as 'gpg --detach-sign --armor' does.
func (o *Options) openPGP(text []byte) (func(data []byte) (string, error), error) {
	entity, id, err := o.entity(text)
	if err != nil {
		return nil, err
	}
	config := &packet.Config{Time: o.Now, DefaultHash: crypto.SHA512, SigningKeyId: id}
	return func(data []byte) (string, error) {
		var b strings.Builder
		if err := openpgp.ArmoredDetachSign(&b, entity, bytes.NewReader(data), config); err != nil {
			return "", err
		}
		return b.String() + "\n", nil
	}, nil
}

// entity reads the one private key of a text, with its subkey that signs
// unlocked.
func (o *Options) entity(text []byte) (*openpgp.Entity, uint64, error) {
	ring, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(text))
	if err != nil {
		return nil, 0, o.problem("is no OpenPGP key that can be read: "+err.Error(), exportHint)
	}
	if len(ring) != 1 {
		return nil, 0, o.problem("holds several OpenPGP keys, want one", exportHint)
	}
	if ring[0].PrivateKey == nil {
		return nil, 0, o.problem("is an OpenPGP public key, want the private key", exportHint)
	}
	key, ok := ring[0].SigningKey(o.Now())
	if !ok || key.PrivateKey == nil || key.PrivateKey.Dummy() {
		return nil, 0, o.problem("is an OpenPGP key without a part that can sign now (expired, revoked, or left out)", exportHint)
	}
	return ring[0], key.PublicKey.KeyId, o.unlock(key.PrivateKey)
}

func (o *Options) unlock(key *packet.PrivateKey) error {
	switch {
	case !key.Encrypted:
		return nil
	case o.Passphrase == "":
		return o.problem("is a private key with a passphrase", "set LADING_SIGNING_PASSPHRASE")
	case key.Decrypt([]byte(o.Passphrase)) != nil:
		return o.problem("does not open with LADING_SIGNING_PASSPHRASE", "correct the passphrase")
	}
	return nil
}
