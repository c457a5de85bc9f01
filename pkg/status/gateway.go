package status

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

const gatewayGroup = "gateway.networking.k8s.io"

// httpRoute judges an HTTPRoute by what the controller of each Gateway says of
// it: https://gateway-api.sigs.k8s.io/guides/implementers/#status.
func httpRoute(j *Judge, o *unstructured.Unstructured) Result {
	for _, parent := range fields(o.Object).at("spec").list("parentRefs") {
		if r, ok := j.routeTo(o, parent); ok {
			return r
		}
	}
	return ready(o)
}

// routeTo judges a route with regard to one of its parents.
func (j *Judge) routeTo(o *unstructured.Unstructured, parent fields) (Result, bool) {
	id := parentID(o, parent)
	gateway := j.Live.Get(id)
	if gateway == nil && id.Kind == "Gateway" && j.Live.Gap(gatewayGroup, "Gateway", id.Namespace) == nil {
		return progressing(o, GatewayMissing, "its parent %s does not exist", id).
			next("create the Gateway, or correct parentRefs: kubectl get gateway -A").about(id), true
	}
	status := parentStatus(o, parent)
	accepted, resolved := conditionIn(status, "Accepted"), conditionIn(status, "ResolvedRefs")
	switch {
	case accepted == nil, staleCondition(o, accepted):
		return j.proven(progressing(o, RouteNotAccepted, "no controller has accepted it for %s yet", id).
			next("see that the controller of the Gateway's class runs: %s", kubectl("describe", id)).about(id), o), true
	case accepted.text("status") != "True":
		return j.routeTold(o, RouteNotAccepted, accepted, id), true
	case resolved != nil && resolved.text("status") != "True":
		return j.routeTold(o, RouteRefsUnresolved, resolved, id), true
	case gateway != nil:
		if r := gatewayOf(j, gateway); r.Phase != Ready {
			r.ID = IDOf(o)
			r.Message = id.String() + ": " + r.Message
			return r.about(id), true
		}
	}
	return Result{}, false
}

// unfit are the reasons for which a route and its Gateway do not fit as they
// are written. All others, those of single implementations among them, may be
// about what is on its way: a certificate, a backend, a ReferenceGrant. See
// https://gateway-api.sigs.k8s.io/reference/spec/#routeconditionreason.
var unfit = []string{
	"NotAllowedByListeners", "NoMatchingListenerHostname", "NoMatchingParent", "UnsupportedValue",
	"IncompatibleFilters", "InvalidKind", "UnsupportedProtocol",
}

// routeTold is what a controller says against a route. It is final unless the
// controller has yet to see the Gateway as it is now, or to set it up.
func (j *Judge) routeTold(o *unstructured.Unstructured, reason Reason, c fields, parent manifest.ID) Result {
	r := progressing(o, reason, "for %s: %s", parent, said(c)).
		next("correct the route or the Gateway: %s", kubectl("describe", IDOf(o))).about(parent)
	gateway := j.Live.Get(parent)
	seen := gateway == nil || gatewayOf(j, gateway).Phase == Ready
	return j.proven(r.finalIf(c.text("status") == "False" && slices.Contains(unfit, c.text("reason")) && seen), o)
}

// parentID names the parent of a route, a Gateway in its own namespace unless
// it says otherwise.
func parentID(o *unstructured.Unstructured, parent fields) manifest.ID {
	group := gatewayGroup
	if g, ok := parent["group"].(string); ok {
		group = g
	}
	return manifest.ID{
		Group: group, Kind: cmp.Or(parent.text("kind"), "Gateway"),
		Namespace: cmp.Or(parent.text("namespace"), o.GetNamespace()), Name: parent.text("name"),
	}
}

// parentStatus returns what a controller says of the route for one parent.
func parentStatus(o *unstructured.Unstructured, parent fields) fields {
	for _, status := range fields(o.Object).at("status").list("parents") {
		ref := status.at("parentRef")
		if parentID(o, ref) == parentID(o, parent) && ref.text("sectionName") == parent.text("sectionName") && ref.number("port") == parent.number("port") {
			return status
		}
	}
	return nil
}

// gatewayOf judges a Gateway: accepted, programmed, and with an address.
// https://gateway-api.sigs.k8s.io/reference/spec/#gatewaystatus.
func gatewayOf(j *Judge, o *unstructured.Unstructured) Result {
	status := fields(o.Object).at("status")
	for _, kind := range []string{"Accepted", "Programmed"} {
		c := conditionIn(status, kind)
		switch {
		case c == nil, staleCondition(o, c):
			return j.proven(progressing(o, GatewayNotProgrammed, "no controller has reported %s yet", kind).
				next("see that the controller of the class %q runs: kubectl get gatewayclass", fields(o.Object).at("spec").text("gatewayClassName")), o)
		case c.text("status") != "True":
			return j.proven(progressing(o, GatewayNotProgrammed, "is not %s: %s", kind, said(c)).
				next("%s", kubectl("describe", IDOf(o))), o)
		}
	}
	if len(status.list("addresses")) == 0 && !j.SkipLoadBalancer {
		return j.proven(progressing(o, GatewayWithoutAddress, "has no address yet").
			next("check that the cluster supports load balancers; %s", kubectl("describe", IDOf(o))), o)
	}
	return ready(o)
}
