// Asking deployments themselves, as ZenML's deployer does.

package observe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/internal/proxy"
	"github.com/lading-dev/lading/pkg/status"
)

// probeTimeout bounds one request.
const probeTimeout = 3 * time.Second

// A prober sends health requests. What answered once is not asked again.
type prober struct {
	client *http.Client
	lock   sync.Mutex
	well   map[*committed.Target]bool
}

func newProber(getenv func(string) string) *prober {
	transport := &http.Transport{DisableKeepAlives: true, Proxy: proxy.ByEnvironment(getenv)}
	return &prober{
		client: &http.Client{Timeout: probeTimeout, Transport: transport},
		well:   make(map[*committed.Target]bool),
	}
}

// all asks the deployments that are ready, and tells of those that cannot be
// reached from here.
func (p *prober) all(ctx context.Context, targets []*committed.Target, reports []status.Report) {
	slots := make(chan struct{}, 16)
	var wait sync.WaitGroup
	for i, t := range targets {
		if reports[i].Phase != status.Ready || p.isWell(t) {
			continue
		}
		at := slices.IndexFunc(reports[i].URLs, isReachable)
		if at < 0 {
			reports[i] = reports[i].Unprobed()
			continue
		}
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			reports[i] = p.one(ctx, t, reports[i], reports[i].URLs[at])
		})
	}
	wait.Wait()
}

func (p *prober) isWell(t *committed.Target) bool {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.well[t]
}

func (p *prober) one(ctx context.Context, t *committed.Target, r status.Report, e status.Endpoint) status.Report {
	e.URL = strings.TrimRight(e.URL, "/") + "/" + strings.TrimLeft(t.ProbePath(), "/")
	if problem := p.get(ctx, e.URL); problem != "" {
		return r.Probed(e, problem)
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	p.well[t] = true
	return r
}

// get returns what is wrong with the answer of a URL, empty for 200.
func (p *prober) get(ctx context.Context, address string) string {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err.Error()
	}
	response, err := p.client.Do(request)
	var wrapped *url.Error
	switch {
	case errors.As(err, &wrapped) && wrapped.Timeout():
		return fmt.Sprintf("no answer within %s", probeTimeout)
	case errors.As(err, &wrapped):
		return wrapped.Err.Error()
	case err != nil:
		return err.Error()
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "answered " + response.Status + ", want 200"
	}
	return ""
}

// isReachable leaves out names and addresses that only the cluster knows.
func isReachable(e status.Endpoint) bool {
	u, err := url.Parse(e.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	host := u.Hostname()
	return host != "" && !strings.HasSuffix(host, ".svc") && !strings.Contains(host, ".svc.") &&
		(net.ParseIP(host) != nil || strings.Contains(host, ".") || host == "localhost")
}
