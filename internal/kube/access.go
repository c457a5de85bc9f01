package kube

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lading-dev/lading/internal/parallel"
)

// A Permission is one thing that a user may do or not. Namespace is empty for
// cluster-scoped resources and for all namespaces at once.
type Permission struct {
	Verb, Group, Resource, Subresource, Namespace string
}

// String writes it as in: list deployments.apps in namespace ml.
func (p Permission) String() string {
	text := p.Verb + " " + p.name()
	if p.Group != "" {
		text = p.Verb + " " + p.Resource + "." + p.Group
		if p.Subresource != "" {
			text += "/" + p.Subresource
		}
	}
	if p.Namespace != "" {
		text += " in namespace " + p.Namespace
	}
	return text
}

// name is how rules of roles write the resource.
func (p Permission) name() string {
	if p.Subresource == "" {
		return p.Resource
	}
	return p.Resource + "/" + p.Subresource
}

// Rule is the rule of a Role, or of a ClusterRole, that grants it, and these
// verbs besides.
func (p Permission) Rule(verbs ...string) string {
	if p.Verb != "" {
		verbs = append([]string{p.Verb}, verbs...)
	}
	quoted := make([]string, len(verbs))
	for i, verb := range verbs {
		quoted[i] = strconv.Quote(verb)
	}
	return fmt.Sprintf("{apiGroups: [%q], resources: [%q], verbs: [%s]}", p.Group, p.name(), strings.Join(quoted, ", "))
}

// atOnce bounds the requests under way.
const atOnce = 8

// Can answers for each permission whether the user has it. Every user may ask.
// The rules of a namespace are read at once, and only where the server cannot
// tell them all is it asked one by one. See
// https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access.
func (c *Client) Can(ctx context.Context, permissions ...Permission) ([]bool, error) {
	namespaces := make(map[string]*rules)
	for _, p := range permissions {
		if p.Namespace != "" {
			namespaces[p.Namespace] = nil
		}
	}
	var names []string
	for name := range namespaces {
		names = append(names, name)
	}
	found := make([]*rules, len(names))
	if err := each(len(names), func(i int) (err error) {
		found[i], err = c.rules(ctx, names[i])
		return err
	}); err != nil {
		return nil, err
	}
	for i, name := range names {
		namespaces[name] = found[i]
	}
	answers := make([]bool, len(permissions))
	err := each(len(permissions), func(i int) (err error) {
		p := permissions[i]
		if r := namespaces[p.Namespace]; r != nil {
			answers[i] = r.allow(p)
			if answers[i] || !r.incomplete {
				return nil
			}
		}
		answers[i], err = c.can(ctx, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	return answers, nil
}

// each calls f for every index, a few at once, and returns the first error.
func each(n int, f func(int) error) error { return parallel.Each(n, atOnce, f) }

const authorization = "/apis/authorization.k8s.io/v1/"

// can asks about one permission.
func (c *Client) can(ctx context.Context, p Permission) (bool, error) {
	attributes := map[string]string{
		"verb": p.Verb, "group": p.Group, "resource": p.Resource, "subresource": p.Subresource, "namespace": p.Namespace,
	}
	var review struct {
		Status struct {
			Allowed bool `json:"allowed"`
		} `json:"status"`
	}
	err := c.ask(ctx, ask{
		method: "POST", path: authorization + "selfsubjectaccessreviews",
		body: map[string]any{
			"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
			"spec": map[string]any{"resourceAttributes": attributes},
		},
		verb: "create", resource: "selfsubjectaccessreviews.authorization.k8s.io",
	}, &review)
	return review.Status.Allowed, err
}

// rules are what a user may do in one namespace, as far as the server knows.
type rules struct {
	list       []resourceRule
	incomplete bool
}

type resourceRule struct {
	Verbs         []string `json:"verbs"`
	APIGroups     []string `json:"apiGroups"`
	Resources     []string `json:"resources"`
	ResourceNames []string `json:"resourceNames"`
}

func (c *Client) rules(ctx context.Context, namespace string) (*rules, error) {
	var review struct {
		Status struct {
			ResourceRules []resourceRule `json:"resourceRules"`
			Incomplete    bool           `json:"incomplete"`
		} `json:"status"`
	}
	err := c.ask(ctx, ask{
		method: "POST", path: authorization + "selfsubjectrulesreviews",
		body: map[string]any{
			"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview",
			"spec": map[string]any{"namespace": namespace},
		},
		verb: "create", resource: "selfsubjectrulesreviews.authorization.k8s.io",
	}, &review)
	return &rules{review.Status.ResourceRules, review.Status.Incomplete}, err
}

// allow tells whether a rule grants a permission for objects of every name.
func (r *rules) allow(p Permission) bool {
	return slices.ContainsFunc(r.list, func(rule resourceRule) bool {
		return len(rule.ResourceNames) == 0 &&
			has(rule.Verbs, p.Verb) && has(rule.APIGroups, p.Group) &&
			(has(rule.Resources, p.name()) || p.Subresource != "" && slices.Contains(rule.Resources, "*/"+p.Subresource))
	})
}

func has(list []string, want string) bool {
	return slices.Contains(list, want) || slices.Contains(list, "*")
}
