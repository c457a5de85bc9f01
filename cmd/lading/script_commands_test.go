package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// status runs a command and holds its exit status against the expected one:
//
//	status 2 lading render -f broken.yaml
//
// Its output is there for stdout, stderr and cmp as after exec.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command [argument...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// large writes a file of that many MiB, filled with one line over and over:
//
//	large big.yaml 50 'key: value'
func large(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: large file MiB line")
	}
	size, err := strconv.Atoi(args[1])
	ts.Check(err)
	line := append([]byte(args[2]), '\n')
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), bytes.Repeat(line, size<<20/len(line)+1), 0o644))
}

// rawBytes writes a file of arbitrary bytes, given as the inside of a Go string:
//
//	bytes binary.yaml '\x7fELF\x00'
func rawBytes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: bytes file text")
	}
	text, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
}
