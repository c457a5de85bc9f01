package status

import (
	"slices"
	"strings"
)

// pullStates are the states of a container that waits for its image:
// https://kubernetes.io/docs/concepts/containers/images/#imagepullbackoff.
var pullStates = []string{
	"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull",
	"ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed",
}

// pullWordings tell the kinds of failed pulls apart. What is sure comes before
// what is a guess: a registry that is down also makes authorization fail, and
// one that hides private images says "not found" as well as "denied".
var pullWordings = []wording{
	{parts: []string{"toomanyrequests", "too many requests", "rate limit"}, reason: registryLimit, setting: "settings.deployer.image_pull_secrets",
		next: "wait, or pull with credentials: name a Secret in settings.deployer.image_pull_secrets"},
	{parts: []string{"no space left on device", "disk quota exceeded"}, reason: nodeDiskFull, next: "free the disk of the node: kubectl describe node {node}"},
	{parts: []string{"x509:", "certificate signed by unknown authority", "http response to https client"}, reason: registryUntrusted,
		next: "configure the registry's certificate authority on the nodes"},
	{parts: []string{"no match for platform", "no matching manifest for", "exec format error", "no image found in image index"}, reason: imagePlatform, final: true,
		setting: "image", next: "build the image for the platform of node {node}, or choose nodes with settings.deployer.pod_settings.node_selectors"},
	{parts: []string{"i/o timeout", "no such host", "connection refused", "connection reset", "tls handshake timeout", "deadline exceeded", "network is unreachable",
		"no route to host", "temporary failure in name resolution", "server misbehaving", "service unavailable", "bad gateway", "gateway timeout", "registryunavailable", "unexpected eof"},
		reason: registryDown, setting: "image", next: "check that the nodes reach the registry, and that its name in image is right"},
	{parts: []string{"unauthorized", "forbidden", "denied", "authentication required", "no basic auth credentials", "authorization failed", "insufficient_scope"},
		reason: imageUnauthorized, final: true, setting: "settings.deployer.image_pull_secrets"},
	{parts: []string{"not found", "manifest unknown", "name unknown", "does not exist"}, reason: imageNotFound, final: true, setting: "image",
		next: "check that the image was pushed under this name and tag, and correct image"},
}

// unpulled is the cause where a container waits for its image.
func unpulled(c containerCase) (Result, bool) {
	state, message := c.waits()
	switch {
	case !slices.Contains(pullStates, state):
		return Result{}, false
	case state == "InvalidImageName":
		return failed(c.Pod, imageNameInvalid, "%s cannot read its image name %q: %s", c, c.spec.Image, oneLine(message)).
			set("image").next("write image as registry/name:tag, in lower case"), true
	case state == "ErrImageNeverPull":
		return failed(c.Pod, imageNeverPull, "%s has image_pull_policy Never, and %s is not on node %s", c, c.spec.Image, c.Spec.NodeName).
			set("settings.deployer.image_pull_policy").next("load the image into the node, or set settings.deployer.image_pull_policy to IfNotPresent"), true
	}
	for _, text := range c.said("Failed", "InspectFailed") {
		if w, ok := meaning(pullWordings, text); ok {
			return c.pullFailed(w, text), true
		}
	}
	return progressing(c.Pod, imagePullFailed, "%s cannot pull %s: %s", c, c.spec.Image, oneLine(message)).set("image").
		next("look at the events: %s", c.describe()), true
}

// pullFailed is the result of a pull that failed as a wording says. It is
// final only once kubelet has backed off, so not after the first try. Where a
// pull secret is missing, a registry may say denied as well as not found.
func (c containerCase) pullFailed(w wording, text string) Result {
	if e := c.event("FailedToRetrieveImagePullSecret"); e != nil && (w.reason == imageUnauthorized || w.reason == imageNotFound) {
		return c.withoutPullSecret(e.Message)
	}
	if w.reason == imageUnauthorized {
		return c.unauthorized(w, text)
	}
	return c.worded(w, "%s cannot pull %s: %s", c, c.spec.Image, c.core(text)).finalIf(w.final && c.backedOff())
}

// unauthorized tells apart why a registry does not let kubelet pull: no pull
// secret is named, or its credentials are wrong.
func (c containerCase) unauthorized(w wording, text string) Result {
	r := c.worded(w, "%s may not pull %s: %s", c, c.spec.Image, c.core(text)).finalIf(c.backedOff())
	if len(c.Spec.ImagePullSecrets) == 0 {
		return r.next("the pod names no pull secret: create one with %s, and name it in settings.deployer.image_pull_secrets; or correct image", createPullSecret("NAME", c.Namespace))
	}
	var names []string
	for _, s := range c.Spec.ImagePullSecrets {
		names = append(names, s.Name)
		r = r.about(c.near("Secret", s.Name))
	}
	return r.next("check the credentials in Secret %s of namespace %s, and that image is right", strings.Join(names, ", "), c.Namespace)
}

// withoutPullSecret is not final: the Secret may still be created.
func (c containerCase) withoutPullSecret(message string) Result {
	_, rest, _ := strings.Cut(message, "(")
	list, _, _ := strings.Cut(rest, ")")
	names := strings.Split(list, ", ")
	said := "pull secret " + list + " is"
	if len(names) > 1 {
		said = "pull secrets " + list + " are"
	}
	r := progressing(c.Pod, pullSecretMissing, "%s cannot pull %s: %s not in namespace %s", c, c.spec.Image, said, c.Namespace).
		set("settings.deployer.image_pull_secrets").next("%s", createPullSecret(names[0], c.Namespace))
	for _, name := range names {
		r = r.about(c.near("Secret", name))
	}
	return r
}

// createPullSecret is the command that makes a pull secret.
func createPullSecret(name, namespace string) string {
	return "kubectl create secret docker-registry " + name + " -n " + namespace +
		" --docker-server=REGISTRY --docker-username=USER --docker-password=PASSWORD"
}

// backedOff tells whether kubelet has tried more than once. During each further
// try the state is that of the first; then only events tell, of which the one
// that names the image is not read where only warnings are.
func (c containerCase) backedOff() bool {
	state, _ := c.waits()
	return state == "ImagePullBackOff" || slices.ContainsFunc(c.told(), func(e Evidence) bool {
		return e.Reason == "BackOff" && strings.Contains(e.Message, c.spec.Image) ||
			e.Reason == "Failed" && e.Message == "Error: ImagePullBackOff"
	})
}

// core returns what a runtime says at the end, after it has named the image in
// each of its layers.
func (c containerCase) core(text string) string {
	if at := strings.LastIndex(text, c.spec.Image); at >= 0 {
		rest := strings.TrimLeft(text[at+len(c.spec.Image):], `":, `)
		if rest != "" {
			return oneLine(rest)
		}
	}
	return oneLine(text)
}
