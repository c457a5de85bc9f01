package status

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/lading-dev/lading/pkg/manifest"
)

// reach writes the endpoints of a deployment called web, of which all objects
// but nodes and gateways are part.
func reach(t *testing.T, gaps []Gap, objects ...string) []string {
	t.Helper()
	target := &Target{ResourceName: "web"}
	var live []*unstructured.Unstructured
	for _, text := range objects {
		var body map[string]any
		if err := yaml.Unmarshal([]byte(text), &body); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		normal, err := manifest.Normalize(body)
		if err != nil {
			t.Fatal(err)
		}
		o := &manifest.Object{Body: normal.(map[string]any)}
		if o.Kind() != "Node" && o.Kind() != "Gateway" {
			target.Objects = append(target.Objects, o)
		}
		live = append(live, &unstructured.Unstructured{Object: o.Body})
	}
	judge := &Judge{Live: NewLive(live, gaps)}
	var got []string
	for _, e := range judge.URLs(target) {
		line := e.URL + " via " + e.Via.String()
		if e.Hint != "" {
			line += ": " + e.Hint
		}
		got = append(got, line)
	}
	return got
}

const (
	clusterIP = `{apiVersion: v1, kind: Service, metadata: {name: web, namespace: prod}, spec: {type: ClusterIP, ports: [{name: metrics, port: 9090}, {name: http, port: 8000}]}}`
	nodePort  = `{apiVersion: v1, kind: Service, metadata: {name: web, namespace: prod}, spec: {type: NodePort, ports: [{port: 8000, nodePort: 30080}]}}`
	inside    = "http://web.prod.svc.cluster.local:8000 via service/prod/web: only from within the cluster; from here: kubectl port-forward -n prod service/web 8000:8000"
)

func balancer(ingress string) string {
	return `{apiVersion: v1, kind: Service, metadata: {name: web, namespace: prod}, spec: {type: LoadBalancer, ports: [{port: 8000}]}, status: {loadBalancer: {ingress: ` + ingress + `}}}`
}

func node(name, ready, addresses string) string {
	return `{apiVersion: v1, kind: Node, metadata: {name: ` + name + `}, status: {conditions: [{type: Ready, status: "` + ready + `"}], addresses: ` + addresses + `}}`
}

func ingressWith(spec, status string) string {
	return `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, namespace: prod}, spec: ` + spec + `, status: {loadBalancer: {ingress: ` + status + `}}}`
}

func leadsTo(host, path, service string) string {
	return `{host: "` + host + `", http: {paths: [{path: "` + path + `", backend: {service: {name: ` + service + `, port: {number: 8000}}}}]}}`
}

func routeWith(hostnames, parents, matches string) string {
	return `{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: web, namespace: prod}, spec: {hostnames: ` + hostnames + `, parentRefs: ` + parents +
		`, rules: [{matches: ` + matches + `, backendRefs: [{name: web, port: 8000}]}]}}`
}

func gatewayWith(listeners string) string {
	return `{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: public, namespace: prod}, spec: {listeners: ` + listeners + `}, status: {addresses: [{value: 203.0.113.9}]}}`
}

func TestURLs(t *testing.T) {
	t.Parallel()
	const resolves = " has to resolve to 203.0.113.7"
	for _, c := range []struct {
		name    string
		gaps    []Gap
		objects []string
		want    []string
	}{
		{name: "nothing is live"},
		{name: "within the cluster, the port called http", objects: []string{clusterIP}, want: []string{inside}},
		{name: "an address of IPv4", objects: []string{balancer("[{ip: 203.0.113.7}]")}, want: []string{"http://203.0.113.7:8000 via service/prod/web"}},
		{name: "an address of IPv6", objects: []string{balancer(`[{ip: "2001:db8::7"}]`)}, want: []string{"http://[2001:db8::7]:8000 via service/prod/web"}},
		{name: "a host name goes before its address", objects: []string{balancer(`[{hostname: lb.example.com, ip: 203.0.113.7}, {ip: 203.0.113.8}]`)},
			want: []string{"http://lb.example.com:8000 via service/prod/web", "http://203.0.113.8:8000 via service/prod/web"}},
		{name: "a load balancer without address", objects: []string{balancer("[]")}},
		{name: "a name outside", objects: []string{`{apiVersion: v1, kind: Service, metadata: {name: web, namespace: prod}, spec: {type: ExternalName, ports: [{port: 1}]}}`}},
		{name: "a Service without ports", objects: []string{`{apiVersion: v1, kind: Service, metadata: {name: web, namespace: prod}, spec: {type: ClusterIP}}`}},
		{name: "a Service of another name", objects: []string{`{apiVersion: v1, kind: Service, metadata: {name: metrics, namespace: prod}, spec: {ports: [{port: 1}]}}`}},
		{name: "a node's external address", objects: []string{nodePort,
			node("a", "False", "[{type: ExternalIP, address: 203.0.113.1}]"), node("b", "True", "[{type: InternalIP, address: 10.0.0.2}, {type: ExternalIP, address: 203.0.113.2}]")},
			want: []string{"http://203.0.113.2:30080 via service/prod/web"}},
		{name: "a node's internal address", objects: []string{nodePort, node("b", "True", "[{type: InternalIP, address: 10.0.0.2}]"), node("a", "True", "[{type: InternalIP, address: 10.0.0.1}]")},
			want: []string{"http://10.0.0.1:30080 via service/prod/web: only from the nodes' own network; from elsewhere: kubectl port-forward -n prod service/web 8000:8000"}},
		{name: "nodes that may not be read", gaps: []Gap{{Kind: "Node", Reason: Forbidden, Message: "may not list nodes"}}, objects: []string{nodePort},
			want: []string{"http://web.prod.svc.cluster.local:8000 via service/prod/web: the nodes' addresses are not known: may not list nodes; any node serves port 30080; from here: kubectl port-forward -n prod service/web 8000:8000"}},
		{name: "no nodes", objects: []string{nodePort},
			want: []string{"http://web.prod.svc.cluster.local:8000 via service/prod/web: the cluster has no node with an address; any node serves port 30080; from here: kubectl port-forward -n prod service/web 8000:8000"}},
		{name: "an Ingress goes before its Service", objects: []string{clusterIP, ingressWith("{rules: ["+leadsTo("churn.example.com", "/", "web")+"]}", "[{ip: 203.0.113.7}]")},
			want: []string{"http://churn.example.com via ingress.networking.k8s.io/prod/web: churn.example.com" + resolves, inside}},
		{name: "an Ingress with certificate and path", objects: []string{ingressWith("{tls: [{hosts: ['*.example.com']}], rules: ["+leadsTo("churn.example.com", "/v1/", "web")+"]}", "[{ip: 203.0.113.7}]")},
			want: []string{"https://churn.example.com/v1 via ingress.networking.k8s.io/prod/web: churn.example.com" + resolves}},
		{name: "a certificate for another host", objects: []string{ingressWith("{tls: [{hosts: [a.b.example.com]}], rules: ["+leadsTo("b.example.com", "", "web")+"]}", "[]")},
			want: []string{"http://b.example.com via ingress.networking.k8s.io/prod/web: no controller has given it an address yet"}},
		{name: "an Ingress for all hosts", objects: []string{ingressWith("{tls: [{secretName: all}], rules: ["+leadsTo("", "/", "web")+"]}", `[{ip: "2001:db8::7"}]`)},
			want: []string{"https://[2001:db8::7] via ingress.networking.k8s.io/prod/web"}},
		{name: "an Ingress whose rest is the deployment's", objects: []string{ingressWith("{defaultBackend: {service: {name: web}}}", "[{hostname: lb.example.com}]")},
			want: []string{"http://lb.example.com via ingress.networking.k8s.io/prod/web"}},
		{name: "an Ingress that leads elsewhere", objects: []string{ingressWith("{rules: ["+leadsTo("churn.example.com", "/", "other")+"]}", "[{ip: 203.0.113.7}]")}},
		{name: "two hosts, each once", objects: []string{ingressWith("{rules: ["+leadsTo("a.example.com", "/x", "web")+","+leadsTo("a.example.com", "/y", "web")+","+leadsTo("*.b.example.com", "/", "web")+"]}", "[{ip: 203.0.113.7}]")},
			want: []string{
				"http://a.example.com/x via ingress.networking.k8s.io/prod/web: a.example.com" + resolves,
				"http://*.b.example.com via ingress.networking.k8s.io/prod/web: any name may stand for *; *.b.example.com" + resolves,
			}},
		{name: "a route with a host, encrypted first", objects: []string{
			routeWith("[churn.example.com]", "[{name: public}]", "[{path: {type: PathPrefix, value: /api}}]"), gatewayWith("[{name: http, port: 80, protocol: HTTP}, {name: https, port: 443, protocol: HTTPS}, {name: raw, port: 1, protocol: TCP}]")},
			want: []string{
				"https://churn.example.com/api via httproute.gateway.networking.k8s.io/prod/web: churn.example.com has to resolve to 203.0.113.9",
				"http://churn.example.com/api via httproute.gateway.networking.k8s.io/prod/web: churn.example.com has to resolve to 203.0.113.9",
			}},
		{name: "a listener of another port", objects: []string{routeWith("[]", "[{name: public, sectionName: alt}]", "[]"), gatewayWith("[{name: http, port: 80, protocol: HTTP}, {name: alt, port: 8443, protocol: HTTPS}]")},
			want: []string{"https://203.0.113.9:8443 via httproute.gateway.networking.k8s.io/prod/web"}},
		{name: "the listener's host name", objects: []string{routeWith("[]", "[{name: public}]", "[]"), gatewayWith("[{name: a, port: 80, protocol: HTTP, hostname: a.example.com}]")},
			want: []string{"http://a.example.com via httproute.gateway.networking.k8s.io/prod/web: a.example.com has to resolve to 203.0.113.9"}},
		{name: "the names that both have", objects: []string{routeWith("[a.example.com, b.example.org, '*.com']", "[{name: public}]", "[]"), gatewayWith("[{name: a, port: 80, protocol: HTTP, hostname: '*.example.com'}]")},
			want: []string{
				"http://a.example.com via httproute.gateway.networking.k8s.io/prod/web: a.example.com has to resolve to 203.0.113.9",
				"http://*.example.com via httproute.gateway.networking.k8s.io/prod/web: any name may stand for *; *.example.com has to resolve to 203.0.113.9",
			}},
		{name: "a Gateway that may not be read", gaps: []Gap{{Group: gatewayGroup, Kind: "Gateway", Message: "may not list gateways"}},
			objects: []string{routeWith("[churn.example.com]", "[{name: public}]", "[]")},
			want:    []string{"http://churn.example.com via httproute.gateway.networking.k8s.io/prod/web: port and protocol of gateway.gateway.networking.k8s.io/prod/public are not known: may not list gateways"}},
	} {
		if diff := cmp.Diff(c.want, reach(t, c.gaps, c.objects...)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
	}
}

// situationObject reads one live object.
func situationObject(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	json, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	o := &unstructured.Unstructured{}
	if err := o.UnmarshalJSON(json); err != nil {
		t.Fatal(err)
	}
	return o
}
