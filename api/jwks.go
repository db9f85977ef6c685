package api

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/golang-jwt/jwt/v5"
)

type publicKey struct {
	id, alg string
	key     crypto.PublicKey
}

type keySet []publicKey

// find returns the key for a token. It must be of the algorithm's own kind, so
// that a public key is never taken for a shared secret.
func (s keySet) find(kid, alg string) crypto.PublicKey {
	for _, k := range s {
		if k.alg == alg && (k.id == kid || kid == "" && len(s) == 1) {
			return k.key
		}
	}
	return nil
}

type wireKey struct {
	Type  string `json:"kty"`
	ID    string `json:"kid"`
	Use   string `json:"use"`
	Curve string `json:"crv"`
	N     string `json:"n"`
	E     string `json:"e"`
	X     string `json:"x"`
	Y     string `json:"y"`
}

// parseKeySet reads a JSON Web Key Set (RFC 7517). Keys of kinds that are not
// taken are left out.
func parseKeySet(b []byte) (keySet, error) {
	var w struct {
		Keys []wireKey `json:"keys"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return nil, fmt.Errorf("key set: %w", err)
	}
	var set keySet
	for _, k := range w.Keys {
		if k.Use != "" && k.Use != "sig" {
			continue
		}
		var (
			key crypto.PublicKey
			alg string
			err error
		)
		switch {
		case k.Type == "RSA":
			alg = jwt.SigningMethodRS256.Alg()
			key, err = k.rsa()
		case k.Type == "EC" && k.Curve == "P-256":
			alg = jwt.SigningMethodES256.Alg()
			key, err = k.p256()
		case k.Type == "OKP" && k.Curve == "Ed25519":
			alg = jwt.SigningMethodEdDSA.Alg()
			key, err = k.ed25519()
		default:
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("key set: key %q: %w", k.ID, err)
		}
		set = append(set, publicKey{k.ID, alg, key})
	}
	if len(set) == 0 {
		return nil, errors.New("key set: no key that can be used")
	}
	return set, nil
}

func (k *wireKey) rsa() (*rsa.PublicKey, error) {
	n, err := decode64(k.N)
	if err != nil {
		return nil, err
	}
	e, err := decode64(k.E)
	if err != nil {
		return nil, err
	}
	const bits, exponentBytes = 2048, 4
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	if key.N.BitLen() < bits || len(e) > exponentBytes || key.E < 3 || key.E%2 == 0 {
		return nil, fmt.Errorf("an RSA key of %d bits is too weak", key.N.BitLen())
	}
	return key, nil
}

func (k *wireKey) p256() (*ecdsa.PublicKey, error) {
	x, err := decode64(k.X)
	if err != nil {
		return nil, err
	}
	y, err := decode64(k.Y)
	if err != nil {
		return nil, err
	}
	const uncompressed = 4
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{uncompressed}, x...), y...))
}

func (k *wireKey) ed25519() (ed25519.PublicKey, error) {
	x, err := decode64(k.X)
	if err == nil && len(x) != ed25519.PublicKeySize {
		err = fmt.Errorf("%d bytes", len(x))
	}
	return x, err
}

func decode64(s string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(s) }
