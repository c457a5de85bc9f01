package status

// Reasons of what makes deployments reachable.
const (
	NoLoadBalancerAddress  Reason = "NoLoadBalancerAddress"
	SelectorMatchesNothing Reason = "SelectorMatchesNothing"
	NoReadyEndpoints       Reason = "NoReadyEndpoints"
	TargetPortNotFound     Reason = "TargetPortNotFound"
	IngressClassMissing    Reason = "IngressClassMissing"
	NoIngressClass         Reason = "NoIngressClass"
	NoIngressAddress       Reason = "NoIngressAddress"
	BackendServiceMissing  Reason = "BackendServiceMissing"
	BackendPortMissing     Reason = "BackendPortMissing"
	TLSSecretMissing       Reason = "TLSSecretMissing"
	GatewayMissing         Reason = "GatewayMissing"
	GatewayNotProgrammed   Reason = "GatewayNotProgrammed"
	GatewayWithoutAddress  Reason = "GatewayWithoutAddress"
	RouteNotAccepted       Reason = "RouteNotAccepted"
	RouteRefsUnresolved    Reason = "RouteRefsUnresolved"
)

// serviceReasons is the catalogue of the reasons above.
var serviceReasons = []ReasonInfo{
	{NoLoadBalancerAddress, "The load balancer of a Service has no address, or the cloud fails to set it up.", "Check that the cluster supports load balancers; local ones usually do not. Use the service_type NodePort, or ClusterIP with an Ingress."},
	{SelectorMatchesNothing, "No pod has the labels that a selector asks for.", "Compare the selector with kubectl get pods --show-labels."},
	{NoReadyEndpoints, "None of the pods behind a Service is ready.", "See why the pods are not ready."},
	{TargetPortNotFound, "A Service leads to a container port by a name that no container declares.", "Name the port in the pod, or correct targetPort."},
	{IngressClassMissing, "An Ingress names a class that the cluster does not have.", "Install the ingress controller, or name a class of kubectl get ingressclass."},
	{NoIngressClass, "An Ingress names no class, and the cluster has no default one.", "Name a class of kubectl get ingressclass."},
	{NoIngressAddress, "No ingress controller has given an Ingress an address.", "See that the controller runs. Where it never publishes addresses, add a health rule for Ingress to the project."},
	{BackendServiceMissing, "An Ingress sends requests to a Service that does not exist.", "Correct the name of the backend, or create the Service."},
	{BackendPortMissing, "An Ingress sends requests to a port that the Service does not have.", "Correct the port of the backend."},
	{TLSSecretMissing, "The Secret with the certificate of an Ingress does not exist. It is noticed where Secrets are read, which is where a deployment renders some.", "Create it, or see why cert-manager does not."},
	{GatewayMissing, "A route belongs to a Gateway that does not exist.", "Create the Gateway, or correct parentRefs."},
	{GatewayNotProgrammed, "The controller of a Gateway has not accepted or programmed it.", "See the message, and that the controller of its class runs."},
	{GatewayWithoutAddress, "A Gateway has no address.", "Check that the cluster supports load balancers."},
	{RouteNotAccepted, "The controller of the Gateway does not accept a route, or has not answered yet.", "See the message: listeners, host names and allowed namespaces of the Gateway have to fit."},
	{RouteRefsUnresolved, "A route refers to a backend that does not exist or that it may not use.", "Correct the backend, or allow it by a ReferenceGrant."},
}
