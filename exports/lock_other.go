//go:build !unix

package exports

import (
	"errors"
	"os"
)

var errHeld = errors.New("exports: another process writes them")

// acquire opens the lock. Systems without flock do not keep a second process
// out: give each a directory of its own.
func (d dir) acquire() (*os.File, error) {
	return os.OpenFile(d.path("lock", ""), os.O_CREATE|os.O_RDWR, 0o600)
}
