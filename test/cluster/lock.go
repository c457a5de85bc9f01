package cluster

import (
	"fmt"
	"os"
	"syscall"
)

// tryLock locks a file, which is made where it is missing, or fails because
// somebody has it. The lock goes with the process.
func tryLock(file string) (unlock func(), err error) {
	return flock(file, syscall.LOCK_EX|syscall.LOCK_NB)
}

// lock waits until the lock is free.
func lock(file string) (unlock func(), err error) { return flock(file, syscall.LOCK_EX) }

func flock(file string, how int) (func(), error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("locking %s: %w", file, err)
	}
	return func() { _ = f.Close() }, nil
}
