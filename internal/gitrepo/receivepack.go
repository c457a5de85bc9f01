package gitrepo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// push sends one commit with its objects. The old tip goes with it as the
// value that the server must find, so that nothing can be overwritten.
func (r *remote) push(ctx context.Context, branch string, old hash, c *Commit) error {
	pack, _, err := encodePack(c.made)
	if err != nil {
		return err
	}
	ctx, cancel := r.withTimeout(ctx, 1)
	defer cancel()
	down, err := r.receiver(ctx, refName(branch), old)
	if err != nil {
		return r.explain(ctx, err)
	}
	said := new(words)
	answer, err := down.line.ask(ctx, updateRequest(down.caps, r.options.Agent, refName(branch), old, c.hash, pack))
	if err == nil {
		err = readReport(answer, down.caps, said)
	}
	if err != nil {
		err = r.refusal(ctx, branch, said.String(), err)
	}
	if !down.line.stateless() {
		r.forget()
	}
	return err
}

// A receiver is a conversation with the service that takes pushes.
type receiver struct {
	line line
	caps capabilities
}

// receiver returns the conversation of the last push, where it can go on, or a
// new one. That shows where the branch is, which spares sending what is in vain.
func (r *remote) receiver(ctx context.Context, ref string, old hash) (*receiver, error) {
	if r.down != nil {
		return r.down, nil
	}
	l, err := r.dialer.dial(ctx, receivePack)
	if err != nil {
		return nil, err
	}
	ad, err := r.advertisement(l)
	if err != nil {
		_ = l.close()
		return nil, err
	}
	r.down = &receiver{l, ad.caps}
	if ad.refs[ref] != old {
		if !l.stateless() {
			r.forget()
		}
		return nil, errors.New("the branch has moved") // its state will tell
	}
	return r.down, nil
}

// forget ends the conversation with the service that takes pushes.
func (r *remote) forget() {
	if r.down != nil {
		_ = r.down.line.close()
		r.down = nil
	}
}

// refusal keeps what the server said about a push that failed.
func (r *remote) refusal(ctx context.Context, branch, said string, err error) error {
	var status *statusError
	if err := r.explain(ctx, err); decisive(ctx, err) || errors.As(err, &status) {
		return err
	}
	var server *serverError
	if errors.As(err, &server) {
		said = strings.TrimSpace(said + "\n" + server.words)
	}
	return &RefusedError{Branch: branch, Words: redact(said), Err: err}
}

// updateRequest asks to move a ref, see
// https://git-scm.com/docs/gitprotocol-pack#_reference_update_request_and_packfile_transfer.
func updateRequest(caps capabilities, agent, ref string, old, new hash, pack []byte) []byte {
	var ours []string
	for _, name := range []string{"report-status", "side-band-64k", "ofs-delta"} {
		if caps.has(name) {
			ours = append(ours, name)
		}
	}
	if caps.has("agent") {
		ours = append(ours, "agent="+agent)
	}
	if caps.has("object-format") {
		ours = append(ours, "object-format=sha1")
	}
	var w packetWriter
	w.line("%s %s %s\x00%s", old, new, ref, strings.Join(ours, " "))
	w.flush()
	if new != plumbing.ZeroHash {
		w.Write(pack)
	}
	return w.Bytes()
}

// readReport reads whether the server did what it was asked. A server that
// cannot report says it by the end of the conversation alone.
func readReport(answer *bufio.Reader, caps capabilities, said *words) error {
	var r io.Reader = answer
	if caps.has("side-band-64k") {
		r = &sideband{r: answer, words: said}
	}
	if !caps.has("report-status") {
		_, err := io.Copy(io.Discard, r)
		return err
	}
	var problem error
	reported := false
	for {
		p, err := readPacket(r)
		if err != nil {
			return errors.Join(problem, err)
		}
		if p.kind != dataPacket {
			break
		}
		word, rest, _ := strings.Cut(p.text(), " ")
		switch {
		case word == "unpack" && rest != "ok":
			problem = errors.Join(problem, &serverError{"unpacking failed: " + printable(rest)})
		case word == "ng":
			_, reason, _ := strings.Cut(rest, " ")
			problem = errors.Join(problem, &serverError{printable(reason)})
		case word == "ok":
			reported = true
		}
	}
	// What the hooks said may come after the report.
	_, _ = io.Copy(io.Discard, r)
	if problem == nil && !reported {
		return fmt.Errorf("the server reported nothing")
	}
	return problem
}
