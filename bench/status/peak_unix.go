//go:build unix

package main

import (
	"os"
	"syscall"
)

// peakOf is the most memory that a process had, in KiB as Linux counts it.
func peakOf(state *os.ProcessState) int64 {
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		return int64(usage.Maxrss)
	}
	return 0
}
