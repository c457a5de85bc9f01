package status

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

// A serviceCase is a Service that is being examined.
type serviceCase struct {
	*Judge
	*unstructured.Unstructured
	spec     fields
	selector selector
	pods     []*unstructured.Unstructured
	// endpoints tells of each pod behind the Service whether it is ready; known
	// tells that they are known.
	endpoints map[string]bool
	known     bool
}

// service judges a Service: what can never work first, then whether anybody
// answers, and last the address, since no load balancer helps a Service
// without pods. https://kubernetes.io/docs/concepts/services-networking/service/.
func service(j *Judge, o *unstructured.Unstructured) Result {
	s := &serviceCase{Judge: j, Unstructured: o, spec: fields(o.Object).at("spec"), endpoints: make(map[string]bool)}
	if s.spec.text("type") == "ExternalName" {
		return ready(o)
	}
	s.selector.labels = labelsIn(s.spec.at("selector"))
	if s.selects() {
		s.pods = s.selector.chosen(j.Live, "", "Pod", o.GetNamespace())
	}
	s.readEndpoints()
	return firstOf([]check[*serviceCase]{
		(*serviceCase).portNotFound,
		(*serviceCase).nothingSelected,
		(*serviceCase).nobodyReady,
		(*serviceCase).withoutAddress,
		(*serviceCase).unseen,
	}, s, o)
}

// selects tells that the Service chooses its endpoints itself.
func (s *serviceCase) selects() bool { return !s.selector.isEmpty() }

// readEndpoints finds what stands behind the Service. A pod is in a slice for
// each of its address families. An endpoint that does not say whether it is
// ready is: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#conditions.
func (s *serviceCase) readEndpoints() {
	for _, slice := range s.slices() {
		s.known = true
		for _, e := range fields(slice.Object).list("endpoints") {
			name := cmp.Or(e.at("targetRef").text("name"), fmt.Sprint(e["addresses"]))
			s.endpoints[name] = s.endpoints[name] || e.at("conditions").flag("ready", true)
		}
	}
}

// anyReady tells that somebody answers.
func (s *serviceCase) anyReady() bool {
	return slices.Contains(slices.Collect(maps.Values(s.endpoints)), true)
}

// slices are the EndpointSlices of the Service. As a rule it owns them; all of
// them have a label with its name.
func (s *serviceCase) slices() []*unstructured.Unstructured {
	if owned := s.Live.OwnedBy(s.GetUID(), "EndpointSlice"); len(owned) > 0 {
		return owned
	}
	of := selector{labels: []label{{"kubernetes.io/service-name", s.GetName()}}}
	return of.chosen(s.Live, "discovery.k8s.io", "EndpointSlice", s.GetNamespace())
}

// portNotFound reports a targetPort by a name that no container gives to a
// port. It is looked for in pods and in what makes pods, so that a rollout
// which renames the port is no error.
func (s *serviceCase) portNotFound() (Result, bool) {
	byName := slices.ContainsFunc(s.spec.list("ports"), func(p fields) bool { return p.text("targetPort") != "" })
	if !byName || !s.selects() {
		return Result{}, false
	}
	specs := s.podSpecs()
	if len(specs) == 0 {
		return Result{}, false
	}
	declared := make(map[string]bool)
	for _, spec := range specs {
		addPortNames(spec, declared)
	}
	for _, port := range s.spec.list("ports") {
		name := port.text("targetPort")
		if name == "" || declared[name] {
			continue
		}
		r := failed(s, TargetPortNotFound, "port %d leads to the container port %q, which none of its pods declares%s",
			port.number("port"), name, declaredPorts(declared)).
			next("give a container port this name, or correct targetPort: %s", kubectl("get", IDOf(s.Unstructured), "-o", "yaml")).
			about(idsOfLive(s.pods)...)
		return r, true
	}
	return Result{}, false
}

func declaredPorts(declared map[string]bool) string {
	if len(declared) == 0 {
		return "; they name no ports"
	}
	return "; they name " + quotedList(slices.Sorted(maps.Keys(declared)))
}

// podSpecs are the specs of the pods and of the templates that the Service
// selects.
func (s *serviceCase) podSpecs() []fields {
	var specs []fields
	for _, p := range s.pods {
		specs = append(specs, fields(p.Object).at("spec"))
	}
	for _, w := range s.workloadsFor(s.selector, s.GetNamespace()) {
		specs = append(specs, fields(w.Object).at("spec").at("template").at("spec"))
	}
	return specs
}

func addPortNames(podSpec fields, names map[string]bool) {
	for _, list := range []string{"containers", "initContainers"} {
		for _, c := range podSpec.list(list) {
			for _, port := range c.list("ports") {
				if name := port.text("name"); name != "" {
					names[name] = true
				}
			}
		}
	}
}

// nothingSelected reports a selector that no pod has the labels for. A workload
// that has them and is scaled to zero is as wanted.
func (s *serviceCase) nothingSelected() (Result, bool) {
	if !s.selects() || len(s.pods) > 0 || len(s.endpoints) > 0 {
		return Result{}, false
	}
	makers := s.workloadsFor(s.selector, s.GetNamespace())
	switch {
	case len(makers) > 0 && !slices.ContainsFunc(makers, wantsPods):
		return ready(s), true
	case len(makers) > 0:
		return progressing(s, NoReadyEndpoints, "none of its pods exists yet").
			next("wait for %s", IDOf(makers[0])).about(idsOfLive(makers)...), true
	case s.Live.Gap("", "Pod", s.GetNamespace()) != nil:
		return Result{}, false
	}
	return progressing(s, SelectorMatchesNothing, "its selector %s chooses no pod%s", s.selector, s.nearMiss()).
		next("compare the selector with kubectl get pods --show-labels -n %s", s.GetNamespace()), true
}

// wantsPods tells whether a workload is scaled to more than nothing.
func wantsPods(o *unstructured.Unstructured) bool {
	replicas, set := fields(o.Object).at("spec")["replicas"]
	return !set || replicas != int64(0)
}

// nearMiss tells what the pod that comes nearest has instead.
func (s *serviceCase) nearMiss() string {
	best, most := "", 0
	for _, p := range s.Live.All("", "Pod", s.GetNamespace()) {
		misses := s.misses(labelsOf(p))
		if fits := len(s.selector.labels) - len(misses); fits > most {
			best, most = fmt.Sprintf("; pod %s comes near, with %s", p.GetName(), strings.Join(misses, " and ")), fits
		}
	}
	return best
}

func (s *serviceCase) misses(labels fields) []string {
	var misses []string
	for _, l := range s.selector.labels {
		if has, ok := labels[l.key]; !ok {
			misses = append(misses, "no label "+l.key)
		} else if !l.is(has) {
			misses = append(misses, l.key+"="+labels.text(l.key))
		}
	}
	return misses
}

// nobodyReady reports that no pod may be sent requests to. Where the slices are
// not known, the pods tell.
func (s *serviceCase) nobodyReady() (Result, bool) {
	if !s.selects() || s.spec.flag("publishNotReadyAddresses", false) {
		return Result{}, false
	}
	if !s.known {
		s.readPods()
	}
	if !s.known || s.anyReady() {
		return Result{}, false
	}
	r := progressing(s, NoReadyEndpoints, "%s", noneReady(max(len(s.endpoints), len(s.pods)))).
		next("see why: kubectl describe pods -n %s -l %s", s.GetNamespace(), s.selector).
		about(idsOfLive(slices.DeleteFunc(slices.Clone(s.pods), isReady))...)
	return s.proven(r, s.Unstructured), true
}

func (s *serviceCase) readPods() {
	for _, p := range s.pods {
		s.known = true
		s.endpoints[p.GetName()] = isReady(p)
	}
}

// noneReady says that no pod of so many is ready.
func noneReady(pods int) string {
	switch pods {
	case 0:
		return "it has no endpoints"
	case 1:
		return "its pod is not ready"
	}
	return fmt.Sprintf("none of its %d pods is ready", pods)
}

// unseen remarks that neither endpoints nor pods may be read.
func (s *serviceCase) unseen() (Result, bool) {
	gap := s.Live.Gap("discovery.k8s.io", "EndpointSlice", s.GetNamespace())
	if !s.selects() || s.known || gap == nil || s.Live.Gap("", "Pod", s.GetNamespace()) == nil {
		return Result{}, false
	}
	return remark(s, gap.Reason, "whether any pod answers is not known: %s", gap.Message).next("%s", gap.Next), true
}

// balancerEvents are those with which cloud controllers say that they fail:
// https://github.com/kubernetes/cloud-provider/blob/master/controllers/service/controller.go.
// Their message holds the cloud's own words, quotas included.
var balancerEvents = []string{"SyncLoadBalancerFailed", "CreatingLoadBalancerFailed", "LoadBalancerMixedProtocolNotSupported", "AllocationFailed", "UnAvailableLoadBalancer"}

// withoutAddress reports a load balancer that has no address, or that the
// cloud fails to set up.
func (s *serviceCase) withoutAddress() (Result, bool) {
	if s.spec.text("type") != "LoadBalancer" || s.SkipLoadBalancer || len(balancerAddresses(s.Unstructured.Object)) > 0 {
		return Result{}, false
	}
	r := progressing(s, NoLoadBalancerAddress, "its load balancer has no address yet; the Service was created %s",
		moment(s.GetCreationTimestamp().Time)).
		next("check that the cluster supports load balancers; local ones usually do not: set settings.deployer.service_type to NodePort, or to ClusterIP with the component ingress")
	if e, ok := s.eventOf(s.Unstructured, balancerEvents...); ok {
		r.Message = "the cloud does not set up the load balancer: " + oneLine(e.Message)
		if strings.Contains(strings.ToLower(e.Message), "quota") {
			r.Next = "have the cloud's quota of load balancers or addresses raised, or set settings.deployer.service_type to ClusterIP with the component ingress"
		}
	}
	return s.proven(r.setIf(s.Unstructured, "settings.deployer.service_type"), s.Unstructured), true
}

// balancerAddresses returns host names and addresses of a load balancer, as
// Services and Ingresses have them.
func balancerAddresses(object map[string]any) []string {
	var all []string
	for _, entry := range fields(object).at("status").at("loadBalancer").list("ingress") {
		if host := entry.text("hostname"); host != "" {
			all = append(all, host)
		} else if ip := entry.text("ip"); ip != "" {
			all = append(all, ip)
		}
	}
	return all
}

// serviceID names a Service.
func serviceID(namespace, name string) manifest.ID {
	return manifest.ID{Kind: "Service", Namespace: namespace, Name: name}
}
