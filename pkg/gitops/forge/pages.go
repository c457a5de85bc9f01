package forge

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// maxPages ends a list on a server that never does.
const maxPages = 1000

// each visits the items of a list, page after page, until visit returns false.
// The next page is the same path with the query that the Link header names:
// servers behind a proxy name themselves wrongly, and the token must go
// nowhere else.
func each[T any](ctx context.Context, c *client, doing, path string, query url.Values, visit func(T) bool) error {
	for range maxPages {
		var page []T
		header, err := c.get(ctx, doing, path, query, &page)
		if err != nil {
			return err
		}
		for _, item := range page {
			if !visit(item) {
				return nil
			}
		}
		if query = nextQuery(header); query == nil {
			return nil
		}
	}
	return c.refused(doing, "the list does not end", "")
}

// nextQuery reads a Link header: <https://…?page=2>; rel="next", ….
func nextQuery(h http.Header) url.Values {
	for _, link := range strings.Split(strings.Join(h.Values("Link"), ","), ",") {
		target, attributes, _ := strings.Cut(link, ">")
		if strings.Contains(attributes, `rel="next"`) {
			return queryOf(strings.TrimLeft(target, " <"))
		}
	}
	return nil
}

// queryOf returns the query of an address; nil where there is none.
func queryOf(address string) url.Values {
	u, err := url.Parse(address)
	if err != nil || u.RawQuery == "" {
		return nil
	}
	return u.Query()
}

// segments escapes a name for use in a path, and leaves its slashes.
func segments(name string) string {
	return strings.ReplaceAll(url.PathEscape(name), "%2F", "/")
}
