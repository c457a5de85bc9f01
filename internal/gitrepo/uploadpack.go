package gitrepo

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// The services of a Git server.
const (
	uploadPack  = "git-upload-pack"
	receivePack = "git-receive-pack"
)

// A dialer begins conversations with a server.
type dialer interface {
	// dial begins a conversation with one of the two services. The first
	// bytes of the reader are the server's advertisement.
	dial(ctx context.Context, service string) (line, error)
	close() error
}

// A line is a conversation with a service.
type line interface {
	// greeting reads the advertisement, to the end of which its reader must
	// read before the first request.
	greeting() *bufio.Reader
	// ask sends a request. The answer must be read to its end before the next
	// one.
	ask(ctx context.Context, request []byte) (*bufio.Reader, error)
	// stateless tells that each request is a conversation of its own.
	stateless() bool
	// idle parts the conversation from the context of the last exchange.
	idle()
	// said is what the server says beside the protocol; it may wait for it.
	said() string
	close() error
}

// capabilities are what a server can do: names, some with values.
type capabilities map[string]string

func parseCapabilities(text string) capabilities {
	c := make(capabilities)
	for word := range strings.FieldsSeq(text) {
		name, value, _ := strings.Cut(word, "=")
		c[name] = value
	}
	return c
}

func (c capabilities) has(name string) bool { _, ok := c[name]; return ok }

// An advertisement is how a server begins: what it can do and, but for version
// 2 of the protocol, where all refs are.
type advertisement struct {
	v2   bool
	caps capabilities
	refs map[string]hash
}

// readAdvertisement reads what a service says first, see
// https://git-scm.com/docs/gitprotocol-pack and gitprotocol-v2.
func readAdvertisement(r io.Reader) (*advertisement, error) {
	a := &advertisement{refs: make(map[string]hash)}
	for {
		p, err := readPacket(r)
		if err != nil {
			return nil, err
		}
		text := p.text()
		switch {
		case p.kind != dataPacket:
			return a, nil
		case strings.HasPrefix(text, "# service="): // over http only, and a flush after it
			if _, err := readPacket(r); err != nil {
				return nil, err
			}
		case text == "version 1":
		case text == "version 2":
			return readV2(r)
		default:
			a.addRef(text)
		}
	}
}

func readV2(r io.Reader) (*advertisement, error) {
	a := &advertisement{v2: true, caps: make(capabilities)}
	for {
		p, err := readPacket(r)
		if err != nil {
			return nil, err
		}
		if p.kind != dataPacket {
			return a, nil
		}
		name, value, _ := strings.Cut(p.text(), "=")
		a.caps[name] = value
	}
}

// addRef reads one line of an advertisement; the first has the capabilities.
func (a *advertisement) addRef(text string) {
	if line, caps, ok := strings.Cut(text, "\x00"); ok && a.caps == nil {
		text, a.caps = line, parseCapabilities(caps)
	}
	name, ref, ok := strings.Cut(text, " ")
	if ok && ref != "capabilities^{}" && name != "shallow" {
		a.refs[ref] = plumbing.NewHash(name)
	}
}

// sha1 reports whether the repository names objects as this package does.
func (a *advertisement) sha1() bool {
	format, ok := a.caps["object-format"]
	return !ok || format == "sha1" || format == ""
}

// A fetchRequest asks for objects.
type fetchRequest struct {
	wants, haves []hash
	depth        int    // of history, 0 for all
	filter       string // what to leave out, see https://git-scm.com/docs/git-rev-list
}

// An uploader asks the upload-pack service.
type uploader struct {
	line  line
	ad    *advertisement
	agent string
	// spent tells that the conversation cannot go on.
	spent bool
}

func (u *uploader) filters() bool {
	if u.ad.v2 {
		return slices.Contains(strings.Fields(u.ad.caps["fetch"]), "filter")
	}
	return u.ad.caps.has("filter")
}

func (u *uploader) shallows() bool {
	if u.ad.v2 {
		return slices.Contains(strings.Fields(u.ad.caps["fetch"]), "shallow")
	}
	return u.ad.caps.has("shallow")
}

// ref returns where a ref is; the zero hash where it is not.
func (u *uploader) ref(ctx context.Context, name string) (hash, error) {
	if !u.ad.v2 {
		return u.ad.refs[name], nil
	}
	var w packetWriter
	u.command(&w, "ls-refs")
	w.line("ref-prefix %s\n", name)
	w.flush()
	r, err := u.line.ask(ctx, w.Bytes())
	if err != nil {
		return hash{}, err
	}
	var found hash
	for {
		p, err := readPacket(r)
		if err != nil {
			return hash{}, err
		}
		if p.kind != dataPacket {
			return found, nil
		}
		// The prefix is only advice: other refs may come too.
		fields := strings.Fields(p.text())
		if len(fields) >= 2 && fields[1] == name {
			found = plumbing.NewHash(fields[0])
		}
	}
}

// command begins a request of version 2.
func (u *uploader) command(w *packetWriter, name string) {
	w.line("command=%s\n", name)
	if u.ad.caps.has("agent") {
		w.line("agent=%s\n", u.agent)
	}
	if u.ad.caps.has("object-format") {
		w.line("object-format=sha1\n")
	}
	w.delim()
}

// fetch asks for objects and returns the pack.
func (u *uploader) fetch(ctx context.Context, req fetchRequest) (io.Reader, error) {
	if u.ad.v2 {
		return u.fetchV2(ctx, req)
	}
	u.spent = !u.line.stateless()
	return u.fetchV0(ctx, req)
}

func (u *uploader) fetchV2(ctx context.Context, req fetchRequest) (io.Reader, error) {
	var w packetWriter
	u.command(&w, "fetch")
	w.line("ofs-delta\n")
	w.line("no-progress\n")
	for _, h := range req.wants {
		w.line("want %s\n", h)
	}
	for _, h := range req.haves {
		w.line("have %s\n", h)
	}
	if req.depth > 0 {
		w.line("deepen %d\n", req.depth)
	}
	if req.filter != "" {
		w.line("filter %s\n", req.filter)
	}
	w.line("done\n")
	w.flush()
	r, err := u.line.ask(ctx, w.Bytes())
	if err != nil {
		return nil, err
	}
	for { // sections before the pack tell what we know
		p, err := readPacket(r)
		switch {
		case err != nil:
			return nil, err
		case p.kind == flushPacket || p.kind == endPacket:
			return nil, errEOF
		case p.kind == dataPacket && p.text() == "packfile":
			return &sideband{r: r, words: new(words)}, nil
		}
	}
}

func (u *uploader) fetchV0(ctx context.Context, req fetchRequest) (io.Reader, error) {
	caps := []string{"ofs-delta", "no-progress"}
	// Some servers insist on detailed answers to haves, which are skipped
	// below like all others.
	for _, name := range []string{"multi_ack_detailed", "side-band-64k"} {
		if u.ad.caps.has(name) {
			caps = append(caps, name)
		}
	}
	if u.ad.caps.has("agent") {
		caps = append(caps, "agent="+u.agent)
	}
	if req.filter != "" {
		caps = append(caps, "filter")
	}
	var w packetWriter
	for i, h := range req.wants {
		if i == 0 {
			w.line("want %s %s\n", h, strings.Join(caps, " "))
			continue
		}
		w.line("want %s\n", h)
	}
	if req.depth > 0 {
		w.line("deepen %d\n", req.depth)
	}
	if req.filter != "" {
		w.line("filter %s\n", req.filter)
	}
	w.flush()
	for _, h := range req.haves {
		w.line("have %s\n", h)
	}
	w.line("done\n")
	r, err := u.line.ask(ctx, w.Bytes())
	if err != nil {
		return nil, err
	}
	return u.answerV0(r, req.depth > 0)
}

// answerV0 skips what comes before the pack: the boundary of history where a
// depth was asked for, and the answer to our haves.
func (u *uploader) answerV0(r *bufio.Reader, deepened bool) (io.Reader, error) {
	for deepened {
		p, err := readPacket(r)
		if err != nil {
			return nil, err
		}
		deepened = p.kind == dataPacket
	}
	for {
		head, err := r.Peek(8)
		if err != nil && len(head) < 4 {
			return nil, early(err)
		}
		if bytes.HasPrefix(head, []byte("PACK")) {
			return r, nil
		}
		if u.ad.caps.has("side-band-64k") && len(head) > 4 && head[4] >= 1 && head[4] <= 3 {
			return &sideband{r: r, words: new(words)}, nil
		}
		if _, err := readPacket(r); err != nil {
			return nil, err
		}
	}
}
