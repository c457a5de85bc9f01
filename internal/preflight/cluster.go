// What the cluster itself must have: its version, permissions, namespaces,
// kinds and metrics.

package preflight

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/manifest"
)

// oldest is the minor version of Kubernetes 1 from which on everything works.
const oldest = 21

func (c *checker) version() {
	const name = "server version"
	version := c.facts.Version
	parts := strings.Split(strings.TrimPrefix(version, "v"), ".")
	if len(parts) >= 2 && parts[0] == "1" {
		if minor, err := strconv.Atoi(strings.TrimRight(parts[1], "+")); err == nil {
			if minor < oldest {
				c.say(Failed, name, manifest.ID{}, fmt.Sprintf("Kubernetes is %s, want v1.%d or newer", version, oldest), "upgrade the cluster")
				return
			}
			c.say(OK, name, manifest.ID{}, "Kubernetes "+version, "")
			return
		}
	}
	message := fmt.Sprintf("the server calls its version %q", version)
	c.say(Unknown, name, manifest.ID{}, cmp.Or(c.facts.VersionProblem, message), "")
}

// permissions tells of each resource which rule is missing.
func (c *checker) permissions() {
	const name = "permission"
	if c.facts.AllowedProblem != "" {
		c.say(Unknown, name, manifest.ID{}, c.facts.AllowedProblem, "")
		return
	}
	lacking := c.lacking()
	for _, l := range lacking {
		where := "in a ClusterRole"
		if l.what.Namespace != "" {
			where = "in namespace " + l.what.Namespace
		}
		state, message := Failed, "status and logs need the rule "+l.what.Rule(l.verbs...)+" "+where
		if slices.Equal(l.verbs, []string{"watch"}) {
			state, message = Warning, "status and logs list again and again, and see changes later, without the rule "+l.what.Rule(l.verbs...)+" "+where
		}
		c.say(state, name, manifest.ID{}, message, fmt.Sprintf("'lading rbac --env %s' prints the roles that grant it", c.Environment))
	}
	if len(lacking) == 0 && len(c.facts.Allowed) > 0 {
		c.say(OK, name, manifest.ID{}, fmt.Sprintf("the user has all %d that status and logs need", len(c.facts.Allowed)), "")
	}
}

// A lack is what may not be done with a resource.
type lack struct {
	what  kube.Permission // without its verb
	verbs []string
}

func (c *checker) lacking() []lack {
	var lacking []lack
	for _, a := range c.facts.Allowed {
		if a.Granted {
			continue
		}
		what := a.Permission
		what.Verb = ""
		if last := len(lacking) - 1; last >= 0 && lacking[last].what == what {
			lacking[last].verbs = append(lacking[last].verbs, a.Verb)
			continue
		}
		lacking = append(lacking, lack{what, []string{a.Verb}})
	}
	return lacking
}

func (c *checker) namespaces() {
	const name = "namespace"
	for _, namespace := range namespacesOf(c.Objects) {
		id := manifest.ID{Kind: "Namespace", Name: namespace}
		list := List{Kind: "Namespace"}
		live, known := c.facts.get(list, namespace)
		rendered := c.rendered[id] != nil
		switch {
		case live != nil && text(live.Body, "status", "phase") == "Terminating":
			c.say(Failed, name, id, "is being deleted (Terminating): nothing can be created in it", "wait until it is gone; if it stays, see its conditions: kubectl get namespace "+namespace+" -o yaml")
		case live != nil:
			c.say(OK, name, id, "exists", "")
		case rendered:
			c.say(OK, name, id, "is rendered, so the engine creates it", "")
		case !known:
			c.unread(name, id, list)
		default:
			c.say(Failed, name, id, "does not exist, and no Namespace object is rendered", "kubectl create namespace "+namespace+", or let lading render it: namespaces.manage")
		}
	}
}

// kinds checks that each kind is served in the version in which it is written.
func (c *checker) kinds() {
	const name = "kind"
	defined := definedKinds(c.Objects)
	for _, o := range c.Objects {
		id := manifest.ID{Group: o.Group(), Kind: o.Kind()}
		what := o.APIVersion() + " " + o.Kind()
		other, isServed := c.facts.Kinds.Find(o.Group(), o.Kind())
		switch served, known := c.facts.Kinds.Serves(o.APIVersion(), o.Kind()); {
		case served:
			c.say(OK, name, id, what+" is served", "")
		case defined[id]:
			c.say(OK, name, id, what+" is defined by a CustomResourceDefinition that is rendered", "")
		case !known:
			c.say(Unknown, name, id, "whether "+what+" is served could not be found out", "see which API does not answer: kubectl get apiservices")
		case isServed:
			c.say(Failed, name, id, "the cluster serves no "+what+", which "+o.ID().String()+" needs, and has it in version "+other.Version, install(o.Group()))
		default:
			c.say(Failed, name, id, "the cluster serves no "+what+", which "+o.ID().String()+" needs", install(o.Group()))
		}
	}
}

func definedKinds(objects []*manifest.Object) map[manifest.ID]bool {
	defined := make(map[manifest.ID]bool)
	for _, o := range objects {
		if o.Kind() == "CustomResourceDefinition" {
			defined[manifest.ID{Group: text(o.Body, "spec", "group"), Kind: text(o.Body, "spec", "names", "kind")}] = true
		}
	}
	return defined
}

func install(group string) string {
	if !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io") {
		return "write the object in a version that the cluster has: kubectl api-versions"
	}
	return "install what brings the CustomResourceDefinitions of " + group + ", in this version"
}

// metricsOf are the APIs that each type of an autoscaler's metric comes from. See
// https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#support-for-metrics-apis.
var metricsOf = map[string]struct{ group, next string }{
	"Resource":          {"metrics.k8s.io", "install metrics-server, or wait until it is ready: kubectl get apiservice v1beta1.metrics.k8s.io"},
	"ContainerResource": {"metrics.k8s.io", "install metrics-server, or wait until it is ready: kubectl get apiservice v1beta1.metrics.k8s.io"},
	"Pods":              {"custom.metrics.k8s.io", "install an adapter for custom metrics, as prometheus-adapter"},
	"Object":            {"custom.metrics.k8s.io", "install an adapter for custom metrics, as prometheus-adapter"},
	"External":          {"external.metrics.k8s.io", "install an adapter for external metrics, as KEDA"},
}

func (c *checker) metrics() {
	for _, o := range c.Objects {
		if o.Kind() != "HorizontalPodAutoscaler" {
			continue
		}
		metrics, _ := o.Field("spec", "metrics")
		for _, m := range mappings(metrics) {
			if api, ok := metricsOf[text(m, "type")]; ok {
				c.metric(o.ID(), api.group, api.next)
			}
		}
	}
}

func notServed(group string) string {
	return group + " is not served, so that the autoscaler cannot count"
}

func (c *checker) metric(id manifest.ID, group, next string) {
	const name = "metrics API"
	list := List{Group: "apiregistration.k8s.io", Kind: "APIService"}
	services, known := c.facts.objects[list]
	if !known {
		served, known := c.facts.Kinds.Serves("metrics.k8s.io/v1beta1", "PodMetrics")
		switch known = known && group == "metrics.k8s.io"; {
		case known && served:
			c.say(OK, name, id, group+" answers", "")
		case known:
			c.say(Failed, name, id, notServed(group), next)
		default:
			c.unread(name, id, list)
		}
		return
	}
	problem := notServed(group)
	for _, s := range services {
		if text(s.Body, "spec", "group") != group {
			continue
		}
		for _, condition := range mappings(mapping(s.Body, "status")["conditions"]) {
			if condition["type"] != "Available" {
				continue
			}
			if condition["status"] == "True" {
				c.say(OK, name, id, group+" is served", "")
				return
			}
			problem = fmt.Sprintf("%s is registered and not available: %v", group, condition["message"])
		}
	}
	c.say(Failed, name, id, problem, next)
}
