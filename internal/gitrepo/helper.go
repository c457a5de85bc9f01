package gitrepo

import (
	"context"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
)

// fromHelper asks the helpers that the user's git is set up with. They may
// store and unlock, but must not ask anybody.
func (l *login) fromHelper(ctx context.Context, at *url.URL) (*credential, error) {
	if l.options.Git == "" {
		return nil, nil
	}
	cmd := exec.CommandContext(ctx, l.options.Git, "-c", "core.askPass=", "credential", "fill")
	cmd.Env = []string{"GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=", "SSH_ASKPASS=", "GCM_INTERACTIVE=never", "HOME=" + l.options.Home}
	for _, name := range []string{"PATH", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "GIT_CONFIG_GLOBAL",
		"GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "SYSTEMROOT", "USERPROFILE", "APPDATA", "LOCALAPPDATA"} {
		if v := l.options.getenv(name); v != "" {
			cmd.Env = append(cmd.Env, name+"="+v)
		}
	}
	question := fmt.Sprintf("protocol=%s\nhost=%s\n", at.Scheme, at.Host)
	if l.given.user != "" {
		question += "username=" + l.given.user + "\n"
	}
	cmd.Stdin = strings.NewReader(question + "path=" + strings.TrimPrefix(at.Path, "/") + "\n\n")
	out, err := cmd.Output()
	if err != nil {
		return nil, ctx.Err() // no helper, or none that knows the host
	}
	c := &credential{source: "git's credential helper"}
	for line := range strings.SplitSeq(string(out), "\n") {
		switch key, value, _ := strings.Cut(line, "="); key {
		case "username":
			c.user = value
		case "password":
			c.password = value
		}
	}
	if c.password == "" {
		return nil, nil
	}
	return c, nil
}
