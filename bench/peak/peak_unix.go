//go:build unix

package peak

import (
	"os"
	"syscall"
)

// Of returns the most memory that a process had, in KiB as Linux counts it.
func Of(state *os.ProcessState) int64 {
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		return int64(usage.Maxrss)
	}
	return 0
}
