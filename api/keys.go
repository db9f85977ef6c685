package api

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/golang-jwt/jwt/v5"
)

// Keys are the secrets of one installation: an Ed25519 key that signs access
// tokens, and a secret from which keys for cursors and seals are derived. All
// processes of an installation share one file of them. Keys are safe for
// concurrent use; the fields are set before the first use.
type Keys struct {
	// Issuer and Audience are the iss and aud of tokens signed and taken; both
	// are "vitrine" after LoadKeys.
	Issuer   string
	Audience string

	id      string // RFC 7638 thumbprint of the public key
	private ed25519.PrivateKey
	secret  []byte
	trusted []*issuer
}

// secretSize is the length of derived keys and of the secret they come from.
const secretSize = 32

type keyFile struct {
	Seed   []byte `json:"ed25519_seed"`
	Secret []byte `json:"secret"`
}

// LoadKeys reads the key file at path, and makes one with new random keys and
// mode 0600 when there is none, along with its folder. Of several processes
// that start at once one makes it and all get the same keys.
func LoadKeys(path string) (*Keys, error) {
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if errors.Is(err, fs.ErrNotExist) {
		b, err = createKeys(path)
	}
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	var f keyFile
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, fmt.Errorf("keys %s: %w", path, err)
	}
	if len(f.Seed) != ed25519.SeedSize || len(f.Secret) != secretSize {
		return nil, fmt.Errorf("keys %s: a seed and a secret of %d bytes each are needed", path, secretSize)
	}
	k := &Keys{Issuer: "vitrine", Audience: "vitrine", private: ed25519.NewKeyFromSeed(f.Seed), secret: f.Secret}
	k.id = thumbprint(k.public())
	return k, nil
}

func (k *Keys) public() ed25519.PublicKey {
	return ed25519.PublicKey(k.private[ed25519.SeedSize:])
}

// createKeys writes the file whole under another name and links it into place,
// which fails when somebody was faster: then theirs is read.
func createKeys(path string) ([]byte, error) {
	f := keyFile{Seed: make([]byte, ed25519.SeedSize), Secret: make([]byte, secretSize)}
	_, _ = rand.Read(f.Seed) // never fails
	_, _ = rand.Read(f.Secret)
	b, err := json.MarshalIndent(f, "", "  ") //nolint:gosec // this file is where the secret belongs
	if err != nil {
		return nil, err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	tmp, err := os.CreateTemp(dir, ".keys-*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.Write(append(b, '\n'))
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return nil, err
	}
	err = os.Link(tmp.Name(), path)
	if errors.Is(err, fs.ErrExist) {
		return os.ReadFile(path) //nolint:gosec // the operator names the file
	}
	if err != nil {
		return nil, err
	}
	return b, syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Secret returns a 32-byte key for one purpose, such as "cursor" or "seal":
// always the same for this installation, and telling nothing about that of
// another purpose.
func (k *Keys) Secret(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, k.secret, nil, "vitrine "+purpose, secretSize)
	if err != nil {
		panic("keys: " + err.Error()) // the size is a constant within bounds
	}
	return key
}

// thumbprint names an Ed25519 public key (RFC 7638, RFC 8037).
func thumbprint(public ed25519.PublicKey) string {
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + base64.RawURLEncoding.EncodeToString(public) + `"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// JWKS is the JSON Web Key Set with the public key, for those who verify our
// tokens.
func (k *Keys) JWKS() json.RawMessage {
	b, err := json.Marshal(map[string]any{"keys": []map[string]string{{
		"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": jwt.SigningMethodEdDSA.Alg(),
		"kid": k.id, "x": base64.RawURLEncoding.EncodeToString(k.public()),
	}}})
	if err != nil {
		panic("keys: " + err.Error()) // strings always marshal
	}
	return b
}
