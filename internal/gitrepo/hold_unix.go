//go:build unix && !solaris && !aix

package gitrepo

import (
	"os"
	"syscall"
)

const canHold = true

// hold takes the lock of a file if nobody has it; it ends with the process.
func hold(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
