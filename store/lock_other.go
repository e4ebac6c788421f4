//go:build !unix

package store

import "os"

// lock opens the lock file; without flock nothing keeps a second server away.
func lock(path, store string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
}
