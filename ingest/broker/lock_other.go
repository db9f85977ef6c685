//go:build !unix

package broker

import "os"

// acquire opens the lock file. Systems without flock do not keep a second
// process out.
func acquire(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
}
