//go:build !linux

package cluster

import "syscall"

// dieWithParent gives a process a group of its own. Only Linux can promise that
// it ends with this one.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
