package status

import (
	"cmp"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

// An ingressCase is an Ingress that is being examined.
type ingressCase struct {
	*Judge
	*unstructured.Unstructured
	spec fields
}

// ingress judges an Ingress: first what it refers to, then whether a
// controller gave it an address.
// https://kubernetes.io/docs/concepts/services-networking/ingress/.
func ingress(j *Judge, o *unstructured.Unstructured) Result {
	return firstOf([]check[*ingressCase]{
		(*ingressCase).classMissing,
		(*ingressCase).backendBroken,
		(*ingressCase).secretMissing,
		(*ingressCase).withoutAddress,
	}, &ingressCase{j, o, fields(o.Object).at("spec")}, o)
}

func ingressClass(name string) manifest.ID {
	return manifest.ID{Group: "networking.k8s.io", Kind: "IngressClass", Name: name}
}

// classMissing reports a class that nobody serves, until its controller is
// installed. Some controllers serve a class without an object of that name;
// then there is an address.
func (i *ingressCase) classMissing() (Result, bool) {
	name := i.spec.text("ingressClassName")
	if name == "" || i.hasAddress() || i.Live.Get(ingressClass(name)) != nil || i.Live.Gap("networking.k8s.io", "IngressClass", "") != nil {
		return Result{}, false
	}
	return progressing(i, IngressClassMissing, "the cluster has no ingress class %q%s", name, i.otherClasses()).
		next("install the ingress controller of this class, or choose a class that exists: kubectl get ingressclass").
		setIf(i.Unstructured, "components").about(ingressClass(name)), true
}

func (i *ingressCase) classes() []string {
	var names []string
	for _, c := range i.Live.All("networking.k8s.io", "IngressClass", "") {
		names = append(names, c.GetName())
	}
	slices.Sort(names)
	return names
}

func (i *ingressCase) otherClasses() string {
	if names := i.classes(); len(names) > 0 {
		return "; it has " + quotedList(names)
	}
	return " and no other either"
}

func (i *ingressCase) hasAddress() bool { return len(balancerAddresses(i.Unstructured.Object)) > 0 }

// backends are the Services that the Ingress sends requests to.
func (i *ingressCase) backends() []fields {
	var all []fields
	if s := i.spec.at("defaultBackend").at("service"); s != nil {
		all = append(all, s)
	}
	for _, rule := range i.spec.list("rules") {
		for _, path := range rule.at("http").list("paths") {
			if s := path.at("backend").at("service"); s != nil {
				all = append(all, s)
			}
		}
	}
	return all
}

// backendBroken reports a backend whose Service or port does not exist. A
// Service may still come; a port that an existing one lacks will not.
func (i *ingressCase) backendBroken() (Result, bool) {
	for _, backend := range i.backends() {
		id := serviceID(i.GetNamespace(), backend.text("name"))
		s := i.Live.Get(id)
		if s == nil {
			if i.Live.Gap("", "Service", i.GetNamespace()) != nil {
				continue
			}
			return progressing(i, BackendServiceMissing, "it sends requests to %s, which does not exist", id).
				next("correct the name of the backend, or create the Service: %s", kubectl("get", IDOf(i.Unstructured), "-o", "yaml")).about(id), true
		}
		if want := backend.at("port"); !servesPort(s, want) {
			return failed(i, BackendPortMissing, "it sends requests to port %s of %s, which has %s", portText(want), id, servicePorts(s)).
				next("correct the port of the backend").about(id), true
		}
	}
	return Result{}, false
}

func portText(port fields) string {
	return cmp.Or(port.text("name"), fmt.Sprint(port.number("number")))
}

func servesPort(service *unstructured.Unstructured, want fields) bool {
	return slices.ContainsFunc(fields(service.Object).at("spec").list("ports"), func(p fields) bool {
		if name := want.text("name"); name != "" {
			return p.text("name") == name
		}
		return p.number("port") == want.number("number")
	})
}

func servicePorts(service *unstructured.Unstructured) string {
	text := ""
	for i, p := range fields(service.Object).at("spec").list("ports") {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprint(p.number("port"))
		if name := p.text("name"); name != "" {
			text += " (" + name + ")"
		}
	}
	return cmp.Or(text, "no ports")
}

// secretMissing reports a certificate that is not there, where Secrets were
// read. Something like cert-manager may still create it; till then controllers
// answer with a certificate of their own. Whoever brings the objects reads
// Secrets only where a deployment renders some, so that no permission on
// Secrets is asked for without need: elsewhere nothing is said.
func (i *ingressCase) secretMissing() (Result, bool) {
	secrets := i.Live.All("", "Secret", i.GetNamespace())
	if len(secrets) == 0 || i.Live.Gap("", "Secret", i.GetNamespace()) != nil {
		return Result{}, false
	}
	for _, tls := range i.spec.list("tls") {
		id := manifest.ID{Kind: "Secret", Namespace: i.GetNamespace(), Name: tls.text("secretName")}
		if id.Name != "" && i.Live.Get(id) == nil {
			return progressing(i, TLSSecretMissing, "the certificate %s does not exist", id).
				next("create it, or see why cert-manager does not: kubectl get certificate,certificaterequest -n %s", i.GetNamespace()).
				setIf(i.Unstructured, "components").about(id), true
		}
	}
	return Result{}, false
}

const defaultClass = "ingressclass.kubernetes.io/is-default-class"

// withoutAddress reports that no controller took the Ingress. Without a class
// that is nobody's business unless the cluster has a default class.
func (i *ingressCase) withoutAddress() (Result, bool) {
	if i.hasAddress() {
		return Result{}, false
	}
	class := cmp.Or(i.spec.text("ingressClassName"), i.GetAnnotations()["kubernetes.io/ingress.class"])
	if class == "" && i.Live.Gap("networking.k8s.io", "IngressClass", "") == nil && !i.hasDefaultClass() {
		return i.proven(progressing(i, NoIngressClass, "it names no class, and the cluster has no default one").
			next("name a class: kubectl get ingressclass; with the component ingress: {name: ingress, with: {class: NAME}}").
			setIf(i.Unstructured, "components"), i.Unstructured), true
	}
	r := progressing(i, NoIngressAddress, "no ingress controller has given it an address yet%s", ofClass(class)).
		next("see that the controller runs and what it says: kubectl get ingressclass; %s. Where it never publishes addresses, add a rule to the project's health: {apiVersion: networking.k8s.io/v1, kind: Ingress, current: \"true\"}",
			kubectl("describe", IDOf(i.Unstructured)))
	return i.proven(r, i.Unstructured), true
}

func ofClass(class string) string {
	if class == "" {
		return ""
	}
	return fmt.Sprintf(" (class %q)", class)
}

func (i *ingressCase) hasDefaultClass() bool {
	return slices.ContainsFunc(i.Live.All("networking.k8s.io", "IngressClass", ""), func(c *unstructured.Unstructured) bool {
		return c.GetAnnotations()[defaultClass] == "true"
	})
}
