//go:build unix

package exports

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// errHeld says that another process has the lock.
var errHeld = errors.New("exports: another process writes them")

// acquire takes the lock, which the system gives up when the process ends,
// however it ends.
func (d dir) acquire() (*os.File, error) {
	f, err := os.OpenFile(d.path("lock", ""), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errHeld
		}
		return nil, errors.Join(fmt.Errorf("lock: %w", err), f.Close())
	}
	return f, nil
}
