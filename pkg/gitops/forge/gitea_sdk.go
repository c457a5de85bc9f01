package forge

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	sdk "code.gitea.io/sdk/gitea"
)

// sdk returns Gitea's own client for one operation, whose requests go through
// ours. It keeps its context, so each operation has its own. Its questions for
// the server's version are turned off: servers older than all that we call
// answer with an error anyway.
func (g *gitea) sdk(ctx context.Context, doing string) (*sdk.Client, error) {
	through := &http.Client{Transport: exchanger{g.client, doing}}
	server := strings.TrimSuffix(g.base, "/api/v1")
	return sdk.NewClient(server, sdk.SetHTTPClient(through), sdk.SetContext(ctx), sdk.SetGiteaVersion(""))
}

// An exchanger is a transport that sends requests with a client: its token,
// its attempts, its errors.
type exchanger struct {
	*client
	doing string
}

// RoundTrip implements [http.RoundTripper].
func (e exchanger) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		_ = req.Body.Close()
	}
	resp, answer, err := e.exchange(req.Context(), e.doing, req.Method, req.URL.String(), body)
	if err != nil {
		return nil, err
	}
	copied := *resp
	copied.Request, copied.Body = req, io.NopCloser(bytes.NewReader(answer))
	return &copied, nil
}

// ours takes an error of this package out of what the SDK put around it.
func ours(err error) error {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		if _, hints := inner.(interface{ Hint() string }); hints {
			return inner
		}
	}
	return err
}

// labelIDs finds the numbers that the API wants for names, and makes the
// labels that are not there.
func (g *gitea) labelIDs(api *sdk.Client, names []string) ([]int64, error) {
	if len(names) == 0 {
		return nil, nil
	}
	known := map[string]int64{}
	o := sdk.ListLabelsOptions{ListOptions: sdk.ListOptions{PageSize: 50}}
	for o.Page = 1; o.Page <= maxPages; o.Page++ {
		page, resp, err := api.ListRepoLabels(g.owner, g.name, o)
		if err != nil {
			return nil, ours(err)
		}
		for _, label := range page {
			known[label.Name] = label.ID
		}
		if resp.NextPage == 0 {
			break
		}
	}
	var ids []int64
	for _, name := range names {
		if _, ok := known[name]; !ok {
			made, _, err := api.CreateLabel(g.owner, g.name, sdk.CreateLabelOption{Name: name, Color: "#ededed"})
			if err != nil {
				return nil, ours(err)
			}
			known[name] = made.ID
		}
		ids = append(ids, known[name])
	}
	return ids, nil
}
