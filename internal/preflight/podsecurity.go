// The Pod Security Standards, as far as they concern what is often forgotten.
// See https://kubernetes.io/docs/concepts/security/pod-security-standards/.

package preflight

import (
	"fmt"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
)

const enforced = "pod-security.kubernetes.io/enforce"

// podSecurity warns only: the admission itself knows more.
func (c *checker) podSecurity() {
	const name = "pod security"
	for _, p := range c.pods {
		id := manifest.ID{Kind: "Namespace", Name: p.owner.Namespace}
		o, _ := c.facts.get(List{Kind: "Namespace"}, p.owner.Namespace)
		if o == nil {
			o = c.rendered[id]
		}
		if o == nil {
			continue
		}
		level := text(o.Body, "metadata", "labels", enforced)
		if level != "baseline" && level != "restricted" {
			continue
		}
		if problems := p.violations(level); len(problems) > 0 {
			c.say(Warning, name, id, fmt.Sprintf("enforces %s, and %s does not keep to it: %s", level, p.owner, strings.Join(problems, ", ")),
				"set settings.deployer.pod_settings.security_context and container_security_context, or add the component hardened")
		} else {
			c.say(OK, name, id, "enforces "+level+", which the pods keep to as far as can be told", "")
		}
	}
}

// violations lists what a level does not allow.
func (p podTemplate) violations(level string) []string {
	var found []string
	for _, field := range []string{"hostNetwork", "hostPID", "hostIPC"} {
		if p.spec[field] == true {
			found = append(found, field+" is true")
		}
	}
	for _, v := range mappings(p.spec["volumes"]) {
		if v["hostPath"] != nil {
			found = append(found, fmt.Sprintf("volume %v is a hostPath", v["name"]))
		}
	}
	pod := mapping(p.spec, "securityContext")
	for _, c := range p.containers() {
		own := mapping(c, "securityContext")
		say := func(problem string) { found = append(found, fmt.Sprintf("container %v: %s", c["name"], problem)) }
		if own["privileged"] == true {
			say("privileged is true")
		}
		if level == "restricted" {
			restricted(pod, own, say)
		}
	}
	return found
}

func restricted(pod, own map[string]any, say func(string)) {
	if first(own["runAsNonRoot"], pod["runAsNonRoot"]) != true {
		say("runAsNonRoot is not true")
	}
	if own["allowPrivilegeEscalation"] != false {
		say("allowPrivilegeEscalation is not false")
	}
	dropped, _ := mapping(own, "capabilities")["drop"].([]any)
	if len(dropped) != 1 || dropped[0] != "ALL" {
		say("capabilities do not drop ALL")
	}
	profile := first(mapping(own, "seccompProfile")["type"], mapping(pod, "seccompProfile")["type"])
	if profile != "RuntimeDefault" && profile != "Localhost" {
		say("seccompProfile is not RuntimeDefault")
	}
}
