// What traffic from outside needs: classes and certificates of ingresses, the
// gateways of routes.

package preflight

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
)

func isIngress(o *manifest.Object) bool {
	return o.Kind() == "Ingress" && o.Group() == "networking.k8s.io"
}

// ingressClasses only warns where it is the controller that decides: it may
// know the name in the old annotation without an IngressClass, as GKE's does,
// or take ingresses of no class. See
// https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class.
func (c *checker) ingressClasses() {
	const name = "ingress class"
	list := List{Group: "networking.k8s.io", Kind: "IngressClass"}
	for _, o := range c.Objects {
		if !isIngress(o) {
			continue
		}
		const next = "install an ingress controller, or set the class's name in the Ingress"
		class, annotated := text(o.Body, "spec", "ingressClassName"), text(o.Body, "metadata", "annotations", "kubernetes.io/ingress.class")
		live, known := c.facts.get(list, cmp.Or(class, annotated))
		switch {
		case class == "" && annotated != "" && known && live == nil:
			c.say(Warning, name, o.ID(), fmt.Sprintf("the annotation names %s, of which there is no IngressClass; the controller may know it", annotated), next)
		case class == "" && annotated == "" && known && len(c.facts.objects[list]) == 0:
			c.say(Warning, name, o.ID(), "no IngressClass is named, and there is none; a controller may take it all the same", next)
		default:
			c.class(name, o.ID(), list, cmp.Or(class, annotated), defaultIngressClass, next)
		}
	}
}

// certificates warns only: some controllers find certificates elsewhere.
func (c *checker) certificates() {
	const name = "certificate"
	for _, o := range c.Objects {
		for _, secret := range certificatesOf(o) {
			id := manifest.ID{Kind: "Secret", Namespace: o.Namespace(), Name: secret}
			list := List{Kind: "Secret", Namespace: o.Namespace()}
			live, known := c.facts.get(list, secret)
			switch maker := cmp.Or(c.makerOf(id), certManager(o)); {
			case maker != "":
				c.say(OK, name, id, "is made by "+maker, "")
			case !known:
				c.unread(name, id, list)
			case live == nil:
				c.say(Warning, name, id, "does not exist, and "+o.ID().String()+" has no certificate of its own without it",
					"create it in namespace "+o.Namespace()+", or let cert-manager make it; correct spec.tls of the Ingress")
			default:
				c.say(OK, name, id, "exists", "")
			}
		}
	}
}

// certificatesOf lists the Secrets that an Ingress takes certificates from.
func certificatesOf(o *manifest.Object) []string {
	if !isIngress(o) {
		return nil
	}
	var names []string
	for _, t := range mappings(mapping(o.Body, "spec")["tls"]) {
		if name := text(t, "secretName"); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// certManager tells that cert-manager is asked for the certificates of an
// Ingress. See https://cert-manager.io/docs/usage/ingress/#supported-annotations.
func certManager(o *manifest.Object) string {
	annotations := mapping(o.Body, "metadata", "annotations")
	for _, name := range []string{"cert-manager.io/issuer", "cert-manager.io/cluster-issuer", "kubernetes.io/tls-acme"} {
		if annotations[name] != nil {
			return "cert-manager, which the annotation " + name + " asks"
		}
	}
	return ""
}

const gatewayAPI = "gateway.networking.k8s.io"

// A parent is a Gateway that a route hangs on, or one of its listeners.
type parent struct{ namespace, name, listener string }

// parentsOf lists those of a route. See
// https://gateway-api.sigs.k8s.io/reference/spec/#parentreference.
func parentsOf(o *manifest.Object) []parent {
	if o.Group() != gatewayAPI {
		return nil
	}
	var parents []parent
	for _, p := range mappings(mapping(o.Body, "spec")["parentRefs"]) {
		if cmp.Or(text(p, "kind"), "Gateway") == "Gateway" && cmp.Or(text(p, "group"), gatewayAPI) == gatewayAPI {
			parents = append(parents, parent{cmp.Or(text(p, "namespace"), o.Namespace()), text(p, "name"), text(p, "sectionName")})
		}
	}
	return parents
}

func (c *checker) gateways() {
	const name = "gateway"
	for _, o := range c.Objects {
		for _, p := range parentsOf(o) {
			id := manifest.ID{Group: gatewayAPI, Kind: "Gateway", Namespace: p.namespace, Name: p.name}
			list := List{Group: gatewayAPI, Kind: "Gateway", Namespace: p.namespace}
			live, known := c.facts.get(list, p.name)
			listeners := listenersOf(live)
			switch {
			case c.rendered[id] != nil:
				c.say(OK, name, id, "is rendered", "")
			case !known:
				c.unread(name, id, list)
			case live == nil:
				c.say(Failed, name, id, "does not exist, and no traffic gets to "+o.ID().String()+" without it; there are "+c.names(list), "correct spec.parentRefs of the route, or create the Gateway")
			case p.listener != "" && !slices.Contains(listeners, p.listener):
				c.say(Failed, name, id, fmt.Sprintf("has no listener %q, which %s names; there are %s", p.listener, o.ID(), strings.Join(listeners, ", ")), "correct sectionName in spec.parentRefs of the route")
			default:
				c.say(OK, name, id, "exists", "")
			}
		}
	}
}

func listenersOf(gateway *manifest.Object) []string {
	if gateway == nil {
		return nil
	}
	var names []string
	for _, l := range mappings(mapping(gateway.Body, "spec")["listeners"]) {
		names = append(names, text(l, "name"))
	}
	return names
}
