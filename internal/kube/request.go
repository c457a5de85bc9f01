// Small requests, whose answers are read as JSON.

package kube

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
)

// An ask is one small request.
type ask struct {
	method, path string
	accept       string
	body         any
	// verb, resource and namespace say in messages what was asked for.
	verb, resource, namespace string
}

// ask makes a request, again where it fails for a reason that passes, and
// decodes the answer. Nothing that is asked changes anything.
func (c *Client) ask(ctx context.Context, a ask, answer any) error {
	return again(ctx, patience, func() error {
		data, err := c.send(ctx, a)
		if err == nil && json.Unmarshal(data, answer) != nil {
			err = fmt.Errorf("the answer to %s is no JSON, so that this is no API server", a.path)
		}
		return c.explain(err, a.verb, a.resource, a.namespace)
	})
}

func (c *Client) send(ctx context.Context, a ask) ([]byte, error) {
	target, err := url.Parse(c.config.Host)
	if err != nil {
		return nil, err
	}
	target = target.JoinPath(a.path)
	var body io.Reader
	if a.body != nil {
		data, err := json.Marshal(a.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(ctx, a.method, target.String(), body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", cmp.Or(a.accept, "application/json"))
	if a.body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= http.StatusBadRequest {
		err = refusal(answer, data)
	}
	return data, err
}

// refusal is the Status object that an API server answers with, or one made of
// what something else in the way said.
func refusal(answer *http.Response, body []byte) error {
	status := metav1.Status{}
	if json.Unmarshal(body, &status) != nil || status.Kind != "Status" {
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After")) // 0 where there is none
		status = metav1.Status{Message: http.StatusText(answer.StatusCode), Details: &metav1.StatusDetails{RetryAfterSeconds: int32(seconds)}}
		if line, _, _ := strings.Cut(strings.TrimSpace(string(body)), "\n"); line != "" && len(line) < 200 {
			status.Message = line
		}
	}
	status.Code = int32(answer.StatusCode)
	return &apierrors.StatusError{ErrStatus: status}
}

// Version returns the version of the API server, as in v1.34.1.
func (c *Client) Version(ctx context.Context) (string, error) {
	var version struct {
		GitVersion string `json:"gitVersion"`
	}
	err := c.ask(ctx, ask{method: "GET", path: "/version", verb: "get", resource: "/version"}, &version)
	if err == nil && version.GitVersion == "" {
		err = c.explain(fmt.Errorf("the server answers, and not as an API server of Kubernetes does"), "get", "/version", "")
	}
	return version.GitVersion, err
}

func (c *Client) newPlain() (*rest.RESTClient, error) {
	scheme := runtime.NewScheme()
	core := schema.GroupVersion{Version: "v1"}
	metav1.AddToGroupVersion(scheme, core)
	scheme.AddUnversionedTypes(core, &metav1.Status{})
	config := c.Config()
	config.GroupVersion = &core
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	return rest.RESTClientForConfigAndClient(config, c.httpClient())
}
