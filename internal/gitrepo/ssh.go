package gitrepo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// sshDialer runs the services of a server over one ssh connection.
type sshDialer struct {
	where  location
	keys   *sshKeys
	known  *knownHosts
	client *ssh.Client
}

func newSSHDialer(l location, o Options) (*sshDialer, error) {
	known, err := readKnownHosts(o)
	if err != nil {
		return nil, err
	}
	return &sshDialer{where: l, keys: &sshKeys{options: o}, known: known}, nil
}

func (d *sshDialer) close() error {
	if d.client == nil {
		return nil
	}
	err := d.client.Close()
	d.client = nil
	if errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func (d *sshDialer) address() string {
	if _, _, err := net.SplitHostPort(d.where.host); err == nil {
		return d.where.host
	}
	return net.JoinHostPort(strings.Trim(d.where.host, "[]"), "22")
}

// connect returns a connection, the present one where there is one.
func (d *sshDialer) connect(ctx context.Context) (*ssh.Client, error) {
	if d.client != nil {
		return d.client, nil
	}
	auth, tried, done, err := d.keys.methods(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	user := d.where.user
	if user == "" {
		user = "git"
	}
	conn, err := (&net.Dialer{Timeout: 30 * time.Second}).DialContext(ctx, "tcp", d.address())
	if err != nil {
		return nil, d.unreachable(ctx, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	check := &hostKeyCheck{known: d.known}
	c, channels, requests, err := ssh.NewClientConn(conn, d.address(), &ssh.ClientConfig{
		User: user, Auth: auth, HostKeyCallback: check.callback, HostKeyAlgorithms: d.known.algorithms(d.address()),
		ClientVersion: "SSH-2.0-lading",
	})
	if err != nil {
		_ = conn.Close()
		return nil, d.handshake(ctx, err, check, tried())
	}
	d.client = ssh.NewClient(c, channels, requests)
	return d.client, nil
}

func (d *sshDialer) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &UnreachableError{d.where.String(), err, ""}
}

// handshake tells by how far the handshake came why it failed: a server whose
// key was accepted, and that then ends it, does not accept ours.
func (d *sshDialer) handshake(ctx context.Context, err error, check *hostKeyCheck, tried []string) error {
	var network net.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case check.err != nil:
		return check.err
	case errors.As(err, &network), !check.passed:
		return &UnreachableError{d.where.String(), err, ""}
	}
	return &AuthError{Repository: d.where.String(), Tried: tried,
		next: "add a key that the server knows to ssh-agent, or name its file in LADING_SSH_KEY"}
}

func (d *sshDialer) dial(ctx context.Context, service string) (line, error) {
	reused := d.client != nil
	client, err := d.connect(ctx)
	if err != nil {
		return nil, err
	}
	l, err := d.run(ctx, client, service)
	if err != nil && reused && ctx.Err() == nil {
		// The connection was kept for some time: the server may have ended it.
		_ = d.close()
		if client, err = d.connect(ctx); err == nil {
			l, err = d.run(ctx, client, service)
		}
	}
	if err != nil {
		return nil, d.unreachable(ctx, err)
	}
	return l, nil
}

// run starts a service in a session of its own.
func (d *sshDialer) run(ctx context.Context, client *ssh.Client, service string) (*sshLine, error) {
	stop := context.AfterFunc(ctx, func() { _ = client.Close() })
	defer stop()
	session, err := client.NewSession()
	if err != nil {
		return nil, err
	}
	l := &sshLine{dialer: d, session: session}
	if service == uploadPack {
		// A server that does not take variables speaks version 0.
		_ = session.Setenv("GIT_PROTOCOL", "version=2")
	}
	session.Stderr = &l.stderr
	stdout, err := session.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if l.stdin, err = session.StdinPipe(); err != nil {
		return nil, err
	}
	if err := session.Start(service + " " + quote(d.where.path)); err != nil {
		_ = session.Close()
		return nil, err
	}
	l.stdout = bufio.NewReader(stdout)
	l.watch(ctx)
	return l, nil
}

// quote writes a path as one word of a shell.
func quote(path string) string { return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'" }

// sshLine is a conversation with a process on the server.
type sshLine struct {
	dialer  *sshDialer
	session *ssh.Session
	stdin   io.WriteCloser
	stdout  *bufio.Reader
	stderr  syncWords
	unwatch func() bool
	closed  bool
}

// watch ends the conversation when the context of the present exchange ends.
func (l *sshLine) watch(ctx context.Context) {
	l.idle()
	l.unwatch = context.AfterFunc(ctx, func() { _ = l.session.Close() })
}

func (l *sshLine) idle() {
	if l.unwatch != nil {
		l.unwatch()
		l.unwatch = nil
	}
}

func (l *sshLine) greeting() *bufio.Reader { return l.stdout }
func (l *sshLine) stateless() bool         { return false }

func (l *sshLine) ask(ctx context.Context, request []byte) (*bufio.Reader, error) {
	l.watch(ctx)
	if _, err := l.stdin.Write(request); err != nil {
		return nil, fmt.Errorf("%w: %w", errEOF, err)
	}
	return l.stdout, nil
}

// said waits shortly for the process to end, so that its words are complete.
func (l *sshLine) said() string {
	ended := make(chan struct{})
	go func() {
		_ = l.session.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
	}
	return l.stderr.String()
}

func (l *sshLine) close() error {
	if l.closed {
		return nil
	}
	l.closed = true
	l.idle()
	_, _ = io.WriteString(l.stdin, "0000") // a polite end, if it is still heard
	_ = l.stdin.Close()
	_ = l.session.Close()
	return nil
}

// syncWords are words that come from another goroutine.
type syncWords struct {
	mu sync.Mutex
	w  words
}

func (s *syncWords) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}

func (s *syncWords) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.String()
}
