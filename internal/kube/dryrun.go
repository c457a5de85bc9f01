package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/lading-dev/lading/pkg/manifest"
)

// A RefusedError tells that the API server would not take an object.
type RefusedError struct {
	Object manifest.ID
	// Message is what the server says, Causes the fields that it names.
	Message string
	Causes  []string
	// Err is the server's answer.
	Err error
}

func (e *RefusedError) Error() string {
	if len(e.Causes) == 0 {
		return fmt.Sprintf("%s: the API server refuses it: %s", e.Object, e.Message)
	}
	return fmt.Sprintf("%s: the API server refuses it: %s", e.Object, strings.Join(e.Causes, "; "))
}

func (e *RefusedError) Unwrap() error { return e.Err }

// DryRuns asks the API server whether it would take objects, as server-side
// apply would give them: schema, admission webhooks, quota. Nothing is written.
// The answers stand in the order of the objects; a refusal is a [*RefusedError].
// The second error is for a cluster that cannot be asked at all. The user needs
// the patch verb for it.
func (c *Client) DryRuns(ctx context.Context, objects []*manifest.Object) ([]error, error) {
	resources, err := c.Resources(ctx)
	if err != nil {
		return nil, err
	}
	answers := make([]error, len(objects))
	err = each(len(objects), func(i int) error {
		answers[i] = c.dryRun(ctx, resources, objects[i])
		switch problemOf(answers[i]) {
		case Unreachable, Untrusted, Plugin, Unauthorized:
			return answers[i]
		}
		return ctx.Err()
	})
	return answers, err
}

func (c *Client) dryRun(ctx context.Context, resources *Resources, o *manifest.Object) error {
	id := o.ID()
	r, ok := resources.Find(id.Group, id.Kind)
	if !ok {
		gap := resources.missing(Want{Group: id.Group, Kind: id.Kind})
		return &RefusedError{Object: id, Message: gap.Message + "; " + gap.Next}
	}
	if served, known := resources.Serves(o.APIVersion(), id.Kind); known && !served {
		return &RefusedError{Object: id, Message: fmt.Sprintf("the cluster serves %s of it, and not %s", r.apiVersion(), o.APIVersion())}
	}
	r.Version = schema.FromAPIVersionAndKind(o.APIVersion(), id.Kind).Version
	body, err := json.Marshal(o.Body) // JSON is YAML
	if err != nil {
		return err
	}
	return again(ctx, patience, func() error { return c.applyDry(ctx, r, id, body) })
}

// applyDry is one server-side apply that changes nothing.
// See https://kubernetes.io/docs/reference/using-api/server-side-apply/.
func (c *Client) applyDry(ctx context.Context, r Resource, id manifest.ID, body []byte) error {
	client, err := c.plain()
	if err != nil {
		return err
	}
	err = client.Verb(http.MethodPatch).AbsPath(r.path(id.Namespace, id.Name)).
		Param("dryRun", "All").Param("fieldManager", "lading").Param("force", "true").
		SetHeader("Content-Type", "application/apply-patch+yaml").
		MaxRetries(0).Body(body).Do(ctx).Error()
	if refused := refusalOf(err, id); refused != nil {
		return refused
	}
	return c.explain(err, "patch", r.full(), id.Namespace)
}

// refusalOf tells what is wrong with the object from what is wrong with the
// request. Admission webhooks refuse with 403 or any other status, which then
// has their name; RBAC says who cannot patch what.
func refusalOf(err error, id manifest.ID) error {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return nil
	}
	s := status.Status()
	isRBAC := s.Code == http.StatusForbidden && strings.Contains(s.Message, `cannot patch resource`)
	switch {
	case isRBAC, s.Code == http.StatusUnauthorized, s.Code == http.StatusTooManyRequests:
		return nil
	case s.Code >= 500 && !strings.Contains(s.Message, "webhook") && !strings.Contains(s.Message, notTyped):
		return nil
	}
	return &RefusedError{Object: id, Message: strings.TrimSpace(s.Message), Causes: causesOf(s), Err: err}
}

// notTyped is what API servers say, with status 500, of an object that is not of
// the shape of its kind: a field that there is not, a list where text is wanted.
const notTyped = "failed to create typed patch object"

// causesOf lists the fields that are wrong, one a line.
func causesOf(s metav1.Status) []string {
	if s.Details == nil {
		return nil
	}
	var causes []string
	for _, cause := range s.Details.Causes {
		line := strings.TrimSpace(cause.Message)
		if cause.Field != "" && cause.Field != "<nil>" {
			line = cause.Field + ": " + line
		}
		causes = append(causes, line)
	}
	return causes
}

// statusCode is that of the server's answer, 0 where there was none.
func statusCode(err error) int32 {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return 0
	}
	return status.Status().Code
}
