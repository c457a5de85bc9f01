//go:build !unix || solaris || aix

package gitrepo

import "os"

// canHold: without locks that end with their process, a stale lock is left to
// a person.
const canHold = false

func hold(*os.File) bool { return false }
