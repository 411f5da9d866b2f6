package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
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

type keys struct{ caCert, adminCert, adminKey []byte }

// keysIn reads the keys of a control plane from a folder and makes them when they are not there.
func keysIn(folder string) (keys, error) {
	path := func(name string) string { return filepath.Join(folder, name) }
	if _, err := os.Stat(path("admin.key")); err != nil {
		if err := writeKeys(path); err != nil {
			return keys{}, err
		}
	}
	var found keys
	for name, content := range map[string]*[]byte{"ca.crt": &found.caCert, "admin.crt": &found.adminCert, "admin.key": &found.adminKey} {
		read, err := os.ReadFile(path(name))
		if err != nil {
			return keys{}, err
		}
		*content = read
	}
	return found, nil
}

type signer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func writeKeys(path func(string) string) error {
	ca, err := sign(path, "ca", &x509.Certificate{
		Subject:               pkix.Name{CommonName: "real-plane"},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}, nil)
	if err != nil {
		return err
	}
	if _, err := sign(path, "server", &x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost", "kubernetes", "kubernetes.default.svc"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(10, 96, 0, 1)},
	}, ca); err != nil {
		return err
	}
	if err := writeTokenKey(path); err != nil {
		return err
	}
	_, err = sign(path, "admin", &x509.Certificate{
		Subject:     pkix.Name{CommonName: "admin", Organization: []string{"system:masters"}},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, ca)
	return err
}

func sign(path func(string) string, name string, template *x509.Certificate, ca *signer) (*signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-time.Hour)
	template.NotAfter = time.Now().AddDate(10, 0, 0)
	if ca == nil {
		ca = &signer{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.cert, &key.PublicKey, ca.key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	if err := writePem(path(name+".crt"), "CERTIFICATE", der); err != nil {
		return nil, err
	}
	return &signer{cert, key}, writeKey(path(name+".key"), key)
}

func writeTokenKey(path func(string) string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	if err := writePem(path("token.pub"), "PUBLIC KEY", public); err != nil {
		return err
	}
	return writeKey(path("token.key"), key)
}

func writeKey(file string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return writePem(file, "EC PRIVATE KEY", der)
}

func writePem(file, kind string, der []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

// kubeconfig is that of the administrator.
func (keys keys) kubeconfig(server string) []byte {
	encode := base64.StdEncoding.EncodeToString
	return []byte(fmt.Sprintf(`apiVersion: v1
kind: Config
clusters:
  - name: real-plane
    cluster:
      server: %s
      certificate-authority-data: %s
users:
  - name: admin
    user:
      client-certificate-data: %s
      client-key-data: %s
contexts:
  - name: real-plane
    context: { cluster: real-plane, user: admin }
current-context: real-plane
`, server, encode(keys.caCert), encode(keys.adminCert), encode(keys.adminKey)))
}
