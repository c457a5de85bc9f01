package preflight

import (
	"strings"
	"testing"
)

func ingress(class string) string {
	return "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, namespace: ml}\nspec: {" + class + "}"
}

func annotated(annotation string) string {
	return strings.Replace(ingress(""), "namespace: ml", "namespace: ml, annotations: {"+annotation+"}", 1)
}

func secret(namespace, name string) string {
	return "\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: " + name + ", namespace: " + namespace + "}"
}

func route(parent string) string {
	return "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: web, namespace: ml}\nspec: {parentRefs: [{" + parent + "}]}"
}

func gateway(namespace, name string) string {
	return "\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: " + name + ", namespace: " + namespace + "}\nspec: {listeners: [{name: https}]}"
}

func TestTraffic(t *testing.T) {
	t.Parallel()
	hold(t, map[string]situation{
		"an ingress class that is missing":      {rendered: ingress("ingressClassName: nginx"), live: ml + class("IngressClass", "networking.k8s.io", "traefik", ""), want: []string{"failed ingress class ingress.networking.k8s.io/ml/web: there is no IngressClass nginx; there are traefik"}},
		"an ingress class that is there":        {rendered: ingress("ingressClassName: nginx"), live: ml + class("IngressClass", "networking.k8s.io", "nginx", "")},
		"no ingress class and no default":       {rendered: ingress(""), live: ml + class("IngressClass", "networking.k8s.io", "nginx", ""), want: []string{"failed ingress class ingress.networking.k8s.io/ml/web: no IngressClass is named, and none is the default; there are nginx"}},
		"no ingress class at all":               {rendered: ingress(""), live: ml, want: []string{"warning ingress class ingress.networking.k8s.io/ml/web: no IngressClass is named, and there is none; a controller may take it all the same"}},
		"an ingress class of old":               {rendered: annotated("kubernetes.io/ingress.class: gce"), live: ml + class("IngressClass", "networking.k8s.io", "nginx", ""), want: []string{"warning ingress class ingress.networking.k8s.io/ml/web: the annotation names gce, of which there is no IngressClass; the controller may know it"}},
		"an ingress class of old that is there": {rendered: annotated("kubernetes.io/ingress.class: nginx"), live: ml + class("IngressClass", "networking.k8s.io", "nginx", "")},
		"a default ingress class":               {rendered: ingress(""), live: ml + class("IngressClass", "networking.k8s.io", "nginx", "ingressclass.kubernetes.io/is-default-class: 'true'")},

		"a certificate that is missing": {rendered: ingress("ingressClassName: nginx, tls: [{secretName: web-tls}, {hosts: [a.example.com]}]"), live: ml + class("IngressClass", "networking.k8s.io", "nginx", ""),
			want: []string{"warning certificate secret/ml/web-tls: does not exist, and ingress.networking.k8s.io/ml/web has no certificate of its own without it"}},
		"a certificate that is there": {rendered: ingress("ingressClassName: nginx, tls: [{secretName: web-tls}]"), live: ml + class("IngressClass", "networking.k8s.io", "nginx", "") + secret("ml", "web-tls")},
		"a certificate that may not be read": {rendered: ingress("ingressClassName: nginx, tls: [{secretName: web-tls}]"), live: ml + class("IngressClass", "networking.k8s.io", "nginx", ""), unread: "Secret",
			want: []string{"unknown certificate secret/ml/web-tls: cannot be read: ada may not list secrets"}},
		"a certificate that a rendered Certificate makes": {rendered: ingress("ingressClassName: nginx, tls: [{secretName: web-tls}]") + "\n---\napiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: c, namespace: ml}\nspec: {secretName: web-tls}",
			live: ml + class("IngressClass", "networking.k8s.io", "nginx", "")},
		"a certificate that cert-manager is asked for": {rendered: strings.Replace(annotated("cert-manager.io/cluster-issuer: letsencrypt"), "spec: {", "spec: {ingressClassName: nginx, tls: [{secretName: web-tls}]", 1), live: ml + class("IngressClass", "networking.k8s.io", "nginx", "")},

		"a gateway that is missing": {rendered: route("name: edge, namespace: infra"), live: ml + gateway("infra", "other"),
			want: []string{"failed gateway gateway.gateway.networking.k8s.io/infra/edge: does not exist, and no traffic gets to httproute.gateway.networking.k8s.io/ml/web without it; there are other"}},
		"a gateway that is there":      {rendered: route("name: edge, namespace: infra, sectionName: https"), live: ml + gateway("infra", "edge")},
		"a gateway of its namespace":   {rendered: route("name: edge"), live: ml + gateway("ml", "edge")},
		"a gateway without a listener": {rendered: route("name: edge, sectionName: http"), live: ml + gateway("ml", "edge"), want: []string{`failed gateway gateway.gateway.networking.k8s.io/ml/edge: has no listener "http", which httproute.gateway.networking.k8s.io/ml/web names; there are https`}},
		"a gateway that is rendered":   {rendered: route("name: edge") + gateway("ml", "edge"), live: ml},
		"a gateway that may not be read": {rendered: route("name: edge"), live: ml, unread: "Gateway",
			want: []string{"unknown gateway gateway.gateway.networking.k8s.io/ml/edge: cannot be read: ada may not list gateways"}},
		"a route of a mesh": {rendered: route("name: web, kind: Service, group: ''"), live: ml},
	})
}
