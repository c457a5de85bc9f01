package kube

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A Problem is what kind of thing went wrong.
type Problem int

// The problems.
const (
	Other         Problem = iota
	Misconfigured         // found before any request: kubeconfig, flags, files
	Unreachable           // no connection, or no answer in time
	Untrusted             // the server's certificate
	Plugin                // the program that should give a credential
	Unauthorized          // the server does not take the credential
	Forbidden             // it does, and the user may not do this
	Absent                // there is no such object or resource
	Busy                  // too many requests
	Broken                // a fault of the server
)

// An Error reports a cluster that could not be asked, or that said no.
type Error struct {
	// Cluster is what the cluster is called, empty where none was chosen.
	Cluster string
	Problem Problem
	// Verb, Resource and Namespace are what was asked for, as in list,
	// deployments.apps, ml.
	Verb, Resource, Namespace string
	// Err is the cause, nil where there is no other.
	Err error

	message, next string
}

func (e *Error) Error() string {
	if e.Cluster == "" {
		return e.message
	}
	return e.Cluster + ": " + e.message
}

func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do next.
func (e *Error) Hint() string { return e.next }

// Temporary tells that trying again later may help.
func (e *Error) Temporary() bool {
	return e.Problem == Unreachable || e.Problem == Busy || e.Problem == Broken
}

// Refused tells that the server does not take the credential, or that the user
// may not do this.
func (e *Error) Refused() bool { return e.Problem == Unauthorized || e.Problem == Forbidden }

// Silent is the error of a cluster that was asked and has not answered yet.
func (c *Client) Silent() error {
	return &Error{
		Cluster: c.name, Problem: Unreachable, message: "the server has not answered yet",
		next: "check the address, the network and the VPN; proxies come from HTTPS_PROXY and NO_PROXY",
	}
}

func misconfigured(cluster, message, next string) *Error {
	return &Error{Cluster: cluster, Problem: Misconfigured, message: message, next: next}
}

// explain turns what a request failed with into an [*Error]. The resource is
// written as deployments.apps or pods/log. A run that was stopped stays that.
func (c *Client) explain(err error, verb, resource, namespace string) error {
	var known *Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return err
	}
	e := &Error{Cluster: c.name, Verb: verb, Resource: resource, Namespace: namespace, Err: err}
	for _, explain := range []func(*Client, *Error) bool{
		(*Client).plugin, (*Client).certificate, (*Client).answer, (*Client).network,
	} {
		if explain(c, e) {
			return e
		}
	}
	e.message = cmp.Or(strings.TrimSpace(verb+" "+resource), "asking") + ": " + err.Error()
	return e
}

func (c *Client) plugin(e *Error) bool {
	var p *pluginError
	if !errors.As(e.Err, &p) {
		return false
	}
	e.Problem, e.message, e.next = Plugin, p.Error(), p.next
	return true
}

// certificate explains a server that cannot prove who it is, or no TLS at all.
func (c *Client) certificate(e *Error) bool {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		header    tls.RecordHeaderError
	)
	switch {
	case errors.As(e.Err, &hostname):
		e.message = "the server's certificate is not for that address: " + hostname.Error()
		e.next = "use an address that the certificate has, or set tls-server-name in the kubeconfig"
	case errors.As(e.Err, &invalid) && invalid.Reason == x509.Expired:
		e.message = "the server's certificate has expired or is not valid yet: " + invalid.Detail
		e.next = "renew the certificate of the API server, and check this machine's clock"
	case errors.As(e.Err, &authority):
		e.message = "the server's certificate is signed by an authority that is not trusted here: " + authority.Error()
		e.next = "give the cluster's authority with --certificate-authority FILE, or in the kubeconfig; get a fresh kubeconfig if the cluster was made anew"
	case errors.As(e.Err, &header), strings.Contains(e.Err.Error(), "server gave HTTP response to HTTPS client"):
		e.message = "the server does not speak TLS: it answers an https request with something else"
		e.next = "check the port: an API server listens on 6443 or 443; for one that really is plain, write http://"
	case errors.As(e.Err, &verify), errors.As(e.Err, &invalid):
		e.message = e.Err.Error()
		e.next = "check the certificate of the API server"
	default:
		return false
	}
	e.Problem = Untrusted
	return true
}

// userOf finds who was refused in the words of the API server.
var userOf = regexp.MustCompile(`User "([^"]*)"`)

// answer explains a status with which the server answered.
func (c *Client) answer(e *Error) bool {
	var status apierrors.APIStatus
	if !errors.As(e.Err, &status) {
		return false
	}
	s := status.Status()
	switch {
	case s.Code == http.StatusUnauthorized:
		c.unauthorized(e)
	case s.Code == http.StatusForbidden:
		c.forbidden(e, s)
	case s.Code == http.StatusNotFound:
		e.Problem, e.message = Absent, e.what()+": "+s.Message
	case s.Code == http.StatusTooManyRequests:
		e.Problem, e.message = Busy, e.what()+": the server is asked too much: "+s.Message
		e.next = "try again later; whoever runs the cluster may give this user more with a FlowSchema"
	case s.Code >= 500:
		e.Problem, e.message = Broken, fmt.Sprintf("%s: the server fails (%d): %s", e.what(), s.Code, s.Message)
		e.next = "try again later, and see whether 'kubectl get --raw /readyz?verbose' says why"
	default:
		e.message = fmt.Sprintf("%s: the server says (%d): %s", e.what(), s.Code, s.Message)
	}
	return true
}

func (c *Client) unauthorized(e *Error) {
	e.Problem = Unauthorized
	switch end, ended := c.credential.ended(c.now()); {
	case c.credential.what == "":
		e.message = "the server wants a credential, and none is given"
		e.next = "set LADING_TOKEN, give --token-file, or name a user in the context of the kubeconfig"
		return
	case ended:
		e.message = fmt.Sprintf("the server does not accept %s: it expired at %s", c.credential.what, end.UTC().Format(time.RFC3339))
	default:
		e.message = fmt.Sprintf("the server does not accept %s: it is expired, revoked, or of another cluster", c.credential.what)
	}
	e.next = c.credential.next
}

// forbidden names the rule that would allow it.
func (c *Client) forbidden(e *Error, s metav1.Status) {
	e.Problem = Forbidden
	who := "the user"
	if m := userOf.FindStringSubmatch(s.Message); m != nil {
		who = m[1]
	}
	if e.Verb == "" || strings.HasPrefix(e.Resource, "/") || e.Resource == "" {
		e.message = e.what() + ": forbidden: " + s.Message
		return
	}
	e.message = fmt.Sprintf("%s may not %s %s", who, e.Verb, e.Resource)
	role := "ClusterRole"
	if e.Namespace != "" {
		e.message += " in namespace " + e.Namespace
		role = "Role in namespace " + e.Namespace
	}
	if !strings.Contains(s.Message, "cannot "+e.Verb) && s.Message != "" {
		e.message += ": " + s.Message
	}
	e.next = fmt.Sprintf("a %s with this rule would allow it: %s; 'lading rbac --env %s' prints all that is needed",
		role, e.permission().Rule(), cmp.Or(c.environment, "ENV"))
}

// what was asked for, in words.
func (e *Error) what() string {
	text := strings.TrimSpace(e.Verb + " " + e.Resource)
	if e.Namespace != "" {
		text += " in namespace " + e.Namespace
	}
	return cmp.Or(text, "asking the server")
}

func (e *Error) permission() Permission {
	resource, sub, _ := strings.Cut(e.Resource, "/")
	resource, group, _ := strings.Cut(resource, ".")
	return Permission{Verb: e.Verb, Group: group, Resource: resource, Subresource: sub, Namespace: e.Namespace}
}

// network explains a server that cannot be reached.
func (c *Client) network(e *Error) bool {
	var (
		dns     *net.DNSError
		failure net.Error
		op      *net.OpError
		request *url.Error
	)
	cause := e.Err
	if errors.As(e.Err, &request) {
		cause = request.Err
	}
	e.next = "check the address, the network and the VPN; proxies come from HTTPS_PROXY and NO_PROXY"
	switch {
	case errors.As(e.Err, &dns):
		e.message = fmt.Sprintf("the server is not known: no address for %s", dns.Name)
		e.next = "check the server's name in the kubeconfig, and the VPN if the name is a private one"
	case errors.Is(e.Err, syscall.ECONNREFUSED):
		e.message = "the server cannot be reached: nothing listens there (connection refused)"
		e.next = "check that the cluster runs, and the port"
	case errors.Is(e.Err, context.DeadlineExceeded), errors.As(e.Err, &failure) && failure.Timeout():
		e.message = "the server does not answer in time: " + cause.Error()
	case errors.As(e.Err, &op), request != nil:
		e.message = "the server cannot be reached: " + cause.Error()
	default:
		e.next = ""
		return false
	}
	e.Problem = Unreachable
	return true
}
