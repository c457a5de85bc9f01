package kube

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// TestClientCertificatesAreShown asks a server that wants one, with those of
// files and with those that a plugin prints.
func TestClientCertificatesAreShown(t *testing.T) {
	t.Parallel()
	key, cert := keyPair(t, "ada")
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(cert))
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"gitVersion":"of ` + r.TLS.PeerCertificates[0].Subject.CommonName + `"}`))
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	s.StartTLS()
	t.Cleanup(s.Close)
	ca := writeFile(t, "ca.crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	plugged, _ := pluginConfig(t, s.URL, ca, "cat "+printedPair(t, key, cert))
	for name, o := range map[string]Options{
		"files":  {Server: s.URL, CAFile: ca, ClientCert: writeFile(t, "tls.crt", cert), ClientKey: writeFile(t, "tls.key", key)},
		"plugin": {Kubeconfig: plugged},
	} {
		c, err := Connect(o)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Version(t.Context()); err != nil || got != "of ada" {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

// printedPair is a file with what a plugin prints for a client certificate.
func printedPair(t *testing.T, key, cert string) string {
	t.Helper()
	printed, err := json.Marshal(map[string]any{
		"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
		"status": map[string]any{"clientCertificateData": cert, "clientKeyData": key},
	})
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, "printed.json", string(printed))
}

// keyPair makes a client certificate for somebody, as PEM.
func keyPair(t *testing.T, name string) (key, cert string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: encoded})),
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// A certificate belongs to a connection: one that was replaced must not live on
// in the connection of a watch, which HTTP/2 shares with all other requests.
func TestACertificateThatIsReplacedIsNotShownAgain(t *testing.T) {
	t.Parallel()
	var expired atomic.Bool
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch who := r.TLS.PeerCertificates[0].Subject.CommonName; {
		case who == "old" && expired.Load():
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/watch":
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		default:
			_, _ = w.Write([]byte(`{"gitVersion":"of ` + who + `"}`))
		}
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.EnableHTTP2 = true
	s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	s.StartTLS()
	t.Cleanup(s.Close)
	ca := writeFile(t, "ca.crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	oldKey, oldCert := keyPair(t, "old")
	newKey, newCert := keyPair(t, "new")
	script := "if [ $(wc -l < $(dirname $0)/count) -eq 1 ]; then cat " + printedPair(t, oldKey, oldCert) + "; else cat " + printedPair(t, newKey, newCert) + "; fi"
	file, _ := pluginConfig(t, s.URL, ca, script)
	c, err := Connect(Options{Kubeconfig: file})
	if err != nil {
		t.Fatal(err)
	}
	watch, err := c.open(t.Context(), opening{path: "/watch"})
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Close()
	for _, want := range []string{"of old", "of new", "of new"} {
		if got, err := c.Version(t.Context()); err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
		expired.Store(true)
	}
}
