package gittest

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// SSHServer serves repositories over ssh until the test ends. It lets one key
// in, for any user.
func SSHServer(t testing.TB, root string, o Options) *Server {
	t.Helper()
	s := &Server{options: o}
	dir := t.TempDir()
	hostKey, _ := newKey(t)
	clientKey, private := newKey(t)
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if string(key.Marshal()) != string(clientKey.PublicKey().Marshal()) {
			return nil, errors.New("unknown key")
		}
		return nil, nil
	}}
	config.AddHostKey(hostKey)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	s.URL = "ssh://git@" + listener.Addr().String() + filepath.ToSlash(root)
	s.KnownHosts, s.Key = filepath.Join(dir, "known_hosts"), filepath.Join(dir, "key")
	line := knownhosts.Line([]string{listener.Addr().String()}, hostKey.PublicKey())
	for file, data := range map[string][]byte{s.KnownHosts: []byte(line + "\n"), s.Key: private} {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	go s.accept(listener, config)
	return s
}

func newKey(t testing.TB) (ssh.Signer, []byte) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	return signer, pem.EncodeToMemory(block)
}

func (s *Server) accept(l net.Listener, config *ssh.ServerConfig) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go s.connection(conn, config)
	}
}

func (s *Server) connection(conn net.Conn, config *ssh.ServerConfig) {
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		_ = conn.Close()
		return
	}
	go ssh.DiscardRequests(requests)
	for c := range channels {
		if c.ChannelType() != "session" {
			_ = c.Reject(ssh.UnknownChannelType, "only sessions")
			continue
		}
		channel, requests, err := c.Accept()
		if err != nil {
			return
		}
		go s.session(conn, channel, requests)
	}
}

// session runs the one command of a session.
func (s *Server) session(conn net.Conn, channel ssh.Channel, requests <-chan *ssh.Request) {
	defer channel.Close()
	env := s.options.config()
	for req := range requests {
		switch req.Type {
		case "env":
			var v struct{ Name, Value string }
			ok := ssh.Unmarshal(req.Payload, &v) == nil && v.Name == "GIT_PROTOCOL" && !s.options.Version0
			if ok {
				env = append(env, v.Name+"="+v.Value)
			}
			_ = req.Reply(ok, nil)
		case "exec":
			var v struct{ Command string }
			if ssh.Unmarshal(req.Payload, &v) != nil {
				_ = req.Reply(false, nil)
				return
			}
			_ = req.Reply(true, nil)
			s.requests.Add(1)
			s.run(conn, channel, v.Command, env)
			return
		default:
			_ = req.Reply(false, nil)
		}
	}
}

func (s *Server) run(conn net.Conn, channel ssh.Channel, command string, env []string) {
	service, path, _ := strings.Cut(command, " ")
	path = strings.ReplaceAll(strings.Trim(path, "'"), `'\''`, "'")
	if service != "git-upload-pack" && service != "git-receive-pack" {
		_, _ = io.WriteString(channel.Stderr(), "only git is spoken here\n")
		exit(channel, 127)
		return
	}
	cmd := exec.Command("git", strings.TrimPrefix(service, "git-"), path)
	cmd.Env = env
	cmd.Stderr = channel.Stderr()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		exit(channel, 1)
		return
	}
	var in io.Reader = channel
	cmd.Stdout = channel
	push := service == "git-receive-pack"
	switch {
	case push && s.options.DropAfter > 0 && s.drop():
		in = &dropReader{r: channel, left: s.options.DropAfter, drop: func() { _ = conn.Close() }}
	case push && s.options.DropReply && s.drop():
		// The advertisement passes, the report does not.
		cmd.Stdout = &firstOnly{w: channel}
		defer conn.Close()
	}
	if err := cmd.Start(); err != nil {
		exit(channel, 1)
		return
	}
	go func() { // of its own, so that the process ends when it wants to
		_, _ = io.Copy(stdin, in)
		_ = stdin.Close()
	}()
	err = cmd.Wait()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		exit(channel, failed.ExitCode())
		return
	}
	exit(channel, 0)
}

func exit(channel ssh.Channel, status int) {
	_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(status)}))
}

// A dropReader ends the connection in the middle of what it reads.
type dropReader struct {
	r    io.Reader
	left int64
	drop func()
}

func (d *dropReader) Read(p []byte) (int, error) {
	if d.left <= 0 {
		d.drop()
		return 0, io.EOF
	}
	n, err := d.r.Read(p[:min(int64(len(p)), d.left)])
	d.left -= int64(n)
	return n, err
}

// firstOnly passes the advertisement, which ends in a flush, and nothing after.
type firstOnly struct {
	w    io.Writer
	done bool
}

func (f *firstOnly) Write(p []byte) (int, error) {
	if f.done {
		return len(p), nil
	}
	f.done = strings.HasSuffix(string(p), "0000")
	return f.w.Write(p)
}
