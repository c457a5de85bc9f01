package kube

import (
	"context"
	"errors"
	"net/url"
	"strings"
)

// pathOf is where the resources of an API version are.
func pathOf(apiVersion string) string {
	if strings.Contains(apiVersion, "/") {
		return "/apis/" + apiVersion
	}
	return "/api/" + apiVersion
}

// A Collection is all objects of a resource, in one namespace or in all.
type Collection struct {
	APIVersion, Resource, Namespace string
	// OnlyMetadata keeps what objects hold, such as the data of Secrets, where
	// it is.
	OnlyMetadata bool
}

func (l Collection) path() string {
	path := pathOf(l.APIVersion)
	if l.Namespace != "" {
		path += "/namespaces/" + url.PathEscape(l.Namespace)
	}
	return path + "/" + l.Resource
}

// named is how messages write the resource.
func (l Collection) named() string {
	if group, _, found := strings.Cut(l.APIVersion, "/"); found {
		return l.Resource + "." + group
	}
	return l.Resource
}

// metadataOnly asks for objects without what they hold. See
// https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches.
const metadataOnly = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

// Items returns the objects of a collection, page by page. The server leaves
// out apiVersion and kind of each.
func (c *Client) Items(ctx context.Context, l Collection) ([]map[string]any, error) {
	var items []map[string]any
	a := ask{method: "GET", path: l.path(), verb: "list", resource: l.named(), namespace: l.Namespace}
	if l.OnlyMetadata {
		a.accept = metadataOnly
	}
	a.query = url.Values{"limit": {"500"}}
	for {
		var page struct {
			Metadata struct {
				Continue string `json:"continue"`
			} `json:"metadata"`
			Items []map[string]any `json:"items"`
		}
		if err := c.ask(ctx, a, &page); err != nil {
			return nil, err
		}
		items = append(items, page.Items...)
		if page.Metadata.Continue == "" {
			return items, nil
		}
		a.query.Set("continue", page.Metadata.Continue)
	}
}

// Kinds returns the kinds that a version of an API has with their resources,
// nil where the server does not serve it.
func (c *Client) Kinds(ctx context.Context, apiVersion string) (map[string]string, error) {
	var list struct {
		Resources []struct {
			Name string `json:"name"`
			Kind string `json:"kind"`
		} `json:"resources"`
	}
	err := c.ask(ctx, ask{method: "GET", path: pathOf(apiVersion), verb: "get", resource: pathOf(apiVersion)}, &list)
	var e *Error
	if errors.As(err, &e) && e.Problem == Absent {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	kinds := make(map[string]string, len(list.Resources))
	for _, r := range list.Resources {
		if !strings.Contains(r.Name, "/") {
			kinds[r.Kind] = r.Name
		}
	}
	return kinds, nil
}
