package cluster

import "syscall"

// dieWithParent gives a process a group of its own, and the kernel's promise
// to kill it when the thread that started it ends.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
