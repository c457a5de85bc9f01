// What pods refer to in their namespace.

package preflight

import (
	"fmt"

	"github.com/lading-dev/lading/pkg/manifest"
)

const pullSecret = "image pull secret"

func (c *checker) references() {
	for _, p := range c.pods {
		for _, r := range p.references() {
			c.reference(p, r)
		}
	}
}

func (c *checker) reference(p podTemplate, r reference) {
	id := manifest.ID{Kind: r.kind, Namespace: p.owner.Namespace, Name: r.name}
	name := map[string]string{"Secret": "secret", "ConfigMap": "config map", "PersistentVolumeClaim": "volume claim"}[r.kind]
	if r.setting == "settings.deployer.image_pull_secrets" {
		name = pullSecret
	}
	if maker := c.makerOf(id); maker != "" {
		c.say(OK, name, id, "is made by "+maker+", which is rendered", "")
		return
	}
	list := List{"", r.kind, p.owner.Namespace}
	live, known := c.facts.get(list, r.name)
	switch {
	case !known:
		c.unread(name, id, list)
	case live == nil:
		c.say(Failed, name, id, "does not exist, and "+without(name, p),
			fmt.Sprintf("create it in namespace %s, or correct %s", p.owner.Namespace, r.setting))
	case r.kind == "ConfigMap" && r.key != "" && !hasKey(live, r.key):
		c.say(Failed, name, id, fmt.Sprintf("has no key %q, and the pods of %s do not start without it", r.key, p.owner), "add the key, or correct "+r.setting)
	default:
		c.say(OK, name, id, "exists", "")
	}
}

// without says what does not work. Pods start without a pull secret, and their
// images are asked for as nobody.
func without(name string, p podTemplate) string {
	if name == pullSecret {
		return "no private image of " + p.owner.String() + " is pulled without it"
	}
	return "the pods of " + p.owner.String() + " do not start without it"
}

func hasKey(o *manifest.Object, key string) bool {
	_, plain := mapping(o.Body, "data")[key]
	_, binary := mapping(o.Body, "binaryData")[key]
	return plain || binary
}

// makerOf tells which rendered object is, or makes, what is referred to. See
// https://external-secrets.io/latest/api/externalsecret/ and
// https://github.com/bitnami-labs/sealed-secrets.
func (c *checker) makerOf(id manifest.ID) string {
	if c.rendered[id] != nil {
		return id.String()
	}
	if id.Kind != "Secret" {
		return ""
	}
	for _, o := range c.Objects {
		if o.Namespace() != id.Namespace {
			continue
		}
		made := ""
		switch o.Kind() {
		case "SealedSecret":
			made = o.Name()
		case "ExternalSecret":
			if made = text(o.Body, "spec", "target", "name"); made == "" {
				made = o.Name()
			}
		case "Certificate":
			made = text(o.Body, "spec", "secretName")
		}
		if made == id.Name {
			return o.ID().String()
		}
	}
	return ""
}

func (c *checker) serviceAccounts() {
	const name = "service account"
	for _, p := range c.pods {
		account := text(p.spec, "serviceAccountName")
		if account == "" || account == "default" {
			continue
		}
		id := manifest.ID{Kind: "ServiceAccount", Namespace: p.owner.Namespace, Name: account}
		list := List{"", "ServiceAccount", p.owner.Namespace}
		live, known := c.facts.get(list, account)
		switch {
		case c.rendered[id] != nil:
			c.say(OK, name, id, "is rendered", "")
		case !known:
			c.unread(name, id, list)
		case live == nil:
			c.say(Failed, name, id, "does not exist, so that no pod of "+p.owner.String()+" is created",
				fmt.Sprintf("kubectl create serviceaccount %s -n %s, or correct settings.deployer.service_account_name", account, p.owner.Namespace))
		default:
			c.say(OK, name, id, "exists", "")
		}
	}
}
