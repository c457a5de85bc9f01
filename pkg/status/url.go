package status

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

// URLs returns where a deployment can be reached, the most public address
// first: routes and Ingresses that lead to its Service, then the Service
// itself. What has no address yet is left out.
func (j *Judge) URLs(t *Target) []Endpoint {
	var service *unstructured.Unstructured
	var ways []Endpoint
	for _, o := range t.Objects {
		live := j.Live.Get(o.ID())
		switch id := o.ID(); {
		case live == nil:
		case id.Group == "" && id.Kind == "Service" && id.Name == t.ResourceName:
			service = live
		case id.Group == "networking.k8s.io" && id.Kind == "Ingress":
			ways = append(ways, ingressURLs(live, t.ResourceName)...)
		case id.Group == gatewayGroup && id.Kind == "HTTPRoute":
			ways = append(ways, j.routeURLs(live, t.ResourceName)...)
		}
	}
	if service != nil {
		ways = append(ways, j.serviceURLs(service)...)
	}
	return distinct(ways)
}

func distinct(all []Endpoint) []Endpoint {
	var out []Endpoint
	for _, e := range all {
		if !slices.ContainsFunc(out, func(other Endpoint) bool { return other.URL == e.URL }) {
			out = append(out, e)
		}
	}
	return out
}

// address writes a URL. The port is left out where it is 0; an IPv6 address
// stands in brackets.
func address(scheme, host string, port int64, path string) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != 0 {
		host += ":" + strconv.FormatInt(port, 10)
	}
	return scheme + "://" + host + strings.TrimRight(path, "/")
}

// serviceURLs returns the addresses that a Service has by itself.
func (j *Judge) serviceURLs(o *unstructured.Unstructured) []Endpoint {
	spec := fields(o.Object).at("spec")
	port := httpPort(spec)
	if port == nil {
		return nil
	}
	switch spec.text("type") {
	case "LoadBalancer":
		var all []Endpoint
		for _, host := range balancerAddresses(o.Object) {
			all = append(all, Endpoint{URL: address("http", host, port.number("port"), ""), Via: IDOf(o)})
		}
		return all
	case "NodePort":
		return []Endpoint{j.nodeURL(o, port)}
	case "ExternalName":
		return nil
	}
	return []Endpoint{inCluster(o, port)}
}

// httpPort returns the port called http, else the first one.
func httpPort(spec fields) fields {
	ports := spec.list("ports")
	if at := slices.IndexFunc(ports, func(p fields) bool { return p.text("name") == "http" }); at >= 0 {
		return ports[at]
	}
	if len(ports) == 0 {
		return nil
	}
	return ports[0]
}

// inCluster is the name by which pods of the cluster reach a Service:
// https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/.
func inCluster(o *unstructured.Unstructured, port fields) Endpoint {
	host := o.GetName() + "." + o.GetNamespace() + ".svc.cluster.local"
	return Endpoint{
		URL: address("http", host, port.number("port"), ""), Via: IDOf(o),
		Hint: "only from within the cluster; from here: " + portForward(o, port),
	}
}

func portForward(o *unstructured.Unstructured, port fields) string {
	n := port.number("port")
	return fmt.Sprintf("kubectl port-forward -n %s service/%s %d:%d", o.GetNamespace(), o.GetName(), n, n)
}

// nodeURL leads to a port of a node, whichever it is. Addresses that a node has
// for outsiders go before those of the cluster's own network.
func (j *Judge) nodeURL(o *unstructured.Unstructured, port fields) Endpoint {
	for _, kind := range []string{"ExternalIP", "ExternalDNS", "InternalIP"} {
		host := j.nodeAddress(kind)
		if host == "" {
			continue
		}
		e := Endpoint{URL: address("http", host, port.number("nodePort"), ""), Via: IDOf(o)}
		if kind == "InternalIP" {
			e.Hint = "only from the nodes' own network; from elsewhere: " + portForward(o, port)
		}
		return e
	}
	e := inCluster(o, port)
	why := "the cluster has no node with an address"
	if gap := j.Live.Gap("", "Node", ""); gap != nil {
		why = "the nodes' addresses are not known: " + gap.Message
	}
	e.Hint = fmt.Sprintf("%s; any node serves port %d; from here: %s", why, port.number("nodePort"), portForward(o, port))
	return e
}

// nodeAddress returns an address of the first node that has one of a kind; a
// node that is ready goes before one that is not.
func (j *Judge) nodeAddress(kind string) string {
	var best *unstructured.Unstructured
	found := ""
	for _, n := range j.Live.All("", "Node", "") {
		for _, a := range fields(n.Object).at("status").list("addresses") {
			if a.text("type") == kind && a.text("address") != "" && (best == nil || goesBefore(n, best)) {
				best, found = n, a.text("address")
			}
		}
	}
	return found
}

func goesBefore(a, b *unstructured.Unstructured) bool {
	if ready := isReady(a); ready != isReady(b) {
		return ready
	}
	return a.GetName() < b.GetName()
}

// ingressURLs returns one address for each host under which an Ingress leads to
// a Service, without a host that of its controller. What annotations make the
// controller rewrite is not considered.
func ingressURLs(o *unstructured.Unstructured, service string) []Endpoint {
	spec := fields(o.Object).at("spec")
	var all []Endpoint
	hosts := make(map[string]bool)
	for _, rule := range spec.list("rules") {
		for _, path := range rule.at("http").list("paths") {
			host := rule.text("host")
			if path.at("backend").at("service").text("name") != service || hosts[host] {
				continue
			}
			hosts[host] = true
			all = append(all, ingressURL(o, host, path.text("path"))...)
		}
	}
	if spec.at("defaultBackend").at("service").text("name") == service && len(all) == 0 {
		all = ingressURL(o, "", "")
	}
	return all
}

func ingressURL(o *unstructured.Unstructured, host, path string) []Endpoint {
	scheme := "http"
	if servesTLS(o, host) {
		scheme = "https"
	}
	addresses := balancerAddresses(o.Object)
	if host != "" {
		return []Endpoint{{URL: address(scheme, host, 0, path), Via: IDOf(o), Hint: hostHint(host, addresses)}}
	}
	var all []Endpoint
	for _, a := range addresses {
		all = append(all, Endpoint{URL: address(scheme, a, 0, path), Via: IDOf(o)})
	}
	return all
}

// servesTLS tells whether there is a certificate for a host. An entry without
// hosts is for all of them.
func servesTLS(o *unstructured.Unstructured, host string) bool {
	return slices.ContainsFunc(fields(o.Object).at("spec").list("tls"), func(tls fields) bool {
		hosts := asList(tls["hosts"])
		return len(hosts) == 0 || slices.ContainsFunc(hosts, func(h any) bool {
			name, _ := h.(string)
			return covers(name, host)
		})
	})
}

// covers tells whether a host name, which may begin with a wildcard for one
// label, is or stands for another.
func covers(name, host string) bool {
	if rest, ok := strings.CutPrefix(name, "*."); ok && name != host {
		_, parent, _ := strings.Cut(host, ".")
		return parent == rest
	}
	return name == host
}

// hostHint says what else a host name needs.
func hostHint(host string, addresses []string) string {
	var hints []string
	if strings.HasPrefix(host, "*.") {
		hints = append(hints, "any name may stand for *")
	}
	switch {
	case len(addresses) == 0:
		hints = append(hints, "no controller has given it an address yet")
	default:
		hints = append(hints, host+" has to resolve to "+strings.Join(addresses, " or "))
	}
	return strings.Join(hints, "; ")
}

// routeURLs returns the addresses under which a Gateway leads to a Service: the
// host names of the route, else of the listeners, else the Gateway's address.
// https://gateway-api.sigs.k8s.io/api-types/httproute/.
func (j *Judge) routeURLs(o *unstructured.Unstructured, service string) []Endpoint {
	path, leads := routePath(o, service)
	if !leads {
		return nil
	}
	var all []Endpoint
	for _, parent := range fields(o.Object).at("spec").list("parentRefs") {
		id := parentID(o, parent)
		gateway := j.Live.Get(id)
		if gateway == nil {
			all = append(all, guessedURLs(o, path, j.whyUnknown(id))...)
			continue
		}
		for _, listener := range listenersFor(gateway, parent) {
			all = append(all, listenerURLs(o, gateway, listener, path)...)
		}
	}
	slices.SortStableFunc(all, func(a, b Endpoint) int {
		return compareBool(!strings.HasPrefix(a.URL, "https:"), !strings.HasPrefix(b.URL, "https:"))
	})
	return all
}

func (j *Judge) whyUnknown(gateway manifest.ID) string {
	if gap := j.Live.Gap(gateway.Group, gateway.Kind, gateway.Namespace); gap != nil {
		return "port and protocol of " + gateway.String() + " are not known: " + gap.Message
	}
	return gateway.String() + " does not exist"
}

// guessedURLs are those of a route whose Gateway is not known.
func guessedURLs(o *unstructured.Unstructured, path, why string) []Endpoint {
	var all []Endpoint
	for _, host := range hostnames(o) {
		all = append(all, Endpoint{URL: address("http", host, 0, path), Via: IDOf(o), Hint: why})
	}
	return all
}

// routePath returns the path of the first rule that leads to a Service.
func routePath(o *unstructured.Unstructured, service string) (path string, leads bool) {
	for _, rule := range fields(o.Object).at("spec").list("rules") {
		for _, backend := range rule.list("backendRefs") {
			if kind := backend.text("kind"); backend.text("name") != service || kind != "" && kind != "Service" {
				continue
			}
			for _, match := range rule.list("matches") {
				if match.at("path").text("type") != "RegularExpression" {
					return match.at("path").text("value"), true
				}
			}
			return "", true
		}
	}
	return "", false
}

func hostnames(o *unstructured.Unstructured) []string {
	names, _, _ := unstructured.NestedStringSlice(o.Object, "spec", "hostnames")
	return names
}

// listenersFor returns the HTTP listeners of a Gateway that a parentRef means.
func listenersFor(gateway *unstructured.Unstructured, parent fields) []fields {
	return slices.DeleteFunc(fields(gateway.Object).at("spec").list("listeners"), func(l fields) bool {
		protocol := l.text("protocol")
		return protocol != "HTTP" && protocol != "HTTPS" ||
			parent.text("sectionName") != "" && parent.text("sectionName") != l.text("name") ||
			parent.number("port") != 0 && parent.number("port") != l.number("port")
	})
}

func listenerURLs(o, gateway *unstructured.Unstructured, listener fields, path string) []Endpoint {
	scheme, port := "http", listener.number("port")
	if listener.text("protocol") == "HTTPS" {
		scheme = "https"
	}
	if port == 80 && scheme == "http" || port == 443 && scheme == "https" {
		port = 0
	}
	var addresses []string
	for _, a := range fields(gateway.Object).at("status").list("addresses") {
		addresses = append(addresses, a.text("value"))
	}
	var all []Endpoint
	for _, host := range hostsAt(o, listener) {
		all = append(all, Endpoint{URL: address(scheme, host, port, path), Via: IDOf(o), Hint: hostHint(host, addresses)})
	}
	if len(all) == 0 && listener.text("hostname") == "" && len(hostnames(o)) == 0 {
		for _, a := range addresses {
			all = append(all, Endpoint{URL: address(scheme, a, port, path), Via: IDOf(o)})
		}
	}
	return all
}

// hostsAt returns the host names that route and listener have in common.
func hostsAt(o *unstructured.Unstructured, listener fields) []string {
	of := listener.text("hostname")
	names := hostnames(o)
	switch {
	case of == "":
		return names
	case len(names) == 0:
		return []string{of}
	}
	var common []string
	for _, name := range names {
		switch {
		case covers(of, name) || strings.HasPrefix(of, "*.") && strings.HasSuffix(name, of[1:]):
			common = append(common, name)
		case strings.HasPrefix(name, "*.") && strings.HasSuffix(of, name[1:]):
			common = append(common, of)
		}
	}
	return common
}
