package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// keys are the certificate authority of a cluster and what it signed, as files
// <name>.crt and <name>.key in a directory. They are worth nothing elsewhere.
type keys struct {
	dir    string
	ca     *x509.Certificate
	caKey  *ecdsa.PrivateKey
	serial int64
	admin  tls.Certificate
}

// users are the clients that have a certificate, with their groups. All
// controllers share one: making forty service accounts first, which the
// controller manager can do too, takes some ten seconds.
var users = []struct{ name, commonName, group string }{
	{"admin", "admin", "system:masters"},
	{"controller-manager", "system:kube-controller-manager", "system:masters"},
	{"scheduler", "system:kube-scheduler", ""},
	{"kwok", "kwok", "system:masters"},
}

func newKeys(dir string) (*keys, error) {
	k := &keys{dir: dir}
	if err := k.makeCA(); err != nil {
		return nil, err
	}
	server := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback, net.IPv4(10, 96, 0, 1)},
		DNSNames:    []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"},
	}
	if err := k.sign("apiserver", server); err != nil {
		return nil, err
	}
	for _, u := range users {
		client := &x509.Certificate{
			Subject:     pkix.Name{CommonName: u.commonName},
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		}
		if u.group != "" {
			client.Subject.Organization = []string{u.group}
		}
		if err := k.sign(u.name, client); err != nil {
			return nil, err
		}
	}
	if err := k.makeServiceAccountKey(); err != nil {
		return nil, err
	}
	var err error
	k.admin, err = tls.LoadX509KeyPair(k.file("admin.crt"), k.file("admin.key"))
	return k, err
}

func (k *keys) makeCA() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "lading-test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(72 * time.Hour),
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	if k.ca, err = x509.ParseCertificate(der); err != nil {
		return err
	}
	k.caKey, k.serial = key, 1
	return k.writePair("ca", der, key)
}

// sign completes a certificate and writes it with a key of its own.
func (k *keys) sign(name string, template *x509.Certificate) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	k.serial++
	template.SerialNumber = big.NewInt(k.serial)
	template.NotBefore, template.NotAfter = k.ca.NotBefore, k.ca.NotAfter
	template.KeyUsage = x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, template, k.ca, &key.PublicKey, k.caKey)
	if err != nil {
		return err
	}
	return k.writePair(name, der, key)
}

// makeServiceAccountKey makes the pair that signs and checks the tokens of
// service accounts.
func (k *keys) makeServiceAccountKey() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	if err := k.write("sa.pub", "PUBLIC KEY", public); err != nil {
		return err
	}
	return k.writeKey("sa.key", key)
}

func (k *keys) writePair(name string, der []byte, key *ecdsa.PrivateKey) error {
	if err := k.write(name+".crt", "CERTIFICATE", der); err != nil {
		return err
	}
	return k.writeKey(name+".key", key)
}

func (k *keys) writeKey(name string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return k.write(name, "EC PRIVATE KEY", der)
}

func (k *keys) write(name, kind string, der []byte) error {
	return os.WriteFile(k.file(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

func (k *keys) file(name string) string { return filepath.Join(k.dir, name) }

// pool trusts the cluster's authority only.
func (k *keys) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(k.ca)
	return pool
}

// writeKubeconfigs writes one for each user, which carries its certificates.
func (c *Cluster) writeKubeconfigs() error {
	for _, u := range users {
		var encoded [3]any
		for i, name := range []string{"ca.crt", u.name + ".crt", u.name + ".key"} {
			data, err := os.ReadFile(c.path(name))
			if err != nil {
				return err
			}
			encoded[i] = base64.StdEncoding.EncodeToString(data)
		}
		text := fmt.Sprintf(kubeconfig, append([]any{c.Server()}, encoded[:]...)...)
		if err := os.WriteFile(c.path(u.name+".kubeconfig"), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

const kubeconfig = `apiVersion: v1
kind: Config
clusters:
- name: lading-test
  cluster: {server: %q, certificate-authority-data: %s}
users:
- name: lading-test
  user: {client-certificate-data: %s, client-key-data: %s}
contexts:
- name: lading-test
  context: {cluster: lading-test, user: lading-test}
current-context: lading-test
`
