// What pods refer to in their namespace.

package preflight

import (
	"cmp"
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
	list := List{Kind: r.kind, Namespace: p.owner.Namespace}
	live, known := c.facts.get(list, r.name)
	switch maker := c.makerOf(id); {
	case isLost(live):
		c.say(Failed, name, id, "is Lost: the volume that it was bound to is gone, and "+without(name, p), "delete the claim, and make it again with the data of a backup: kubectl describe pvc "+r.name+" -n "+id.Namespace)
	case maker != "":
		c.say(OK, name, id, "is made by "+maker+", which is rendered", "")
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

// isLost tells that an object is a claim whose volume was deleted. See
// https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/#PersistentVolumeClaimStatus.
func isLost(o *manifest.Object) bool {
	return o != nil && o.Kind() == "PersistentVolumeClaim" && text(o.Body, "status", "phase") == "Lost"
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

// makerOf tells which rendered object is, or makes, what is referred to.
func (c *checker) makerOf(id manifest.ID) string {
	if c.rendered[id] != nil {
		return id.String()
	}
	return c.makers[id]
}

// makersOf tells of Secrets which objects make them. See
// https://external-secrets.io/latest/api/externalsecret/,
// https://github.com/bitnami-labs/sealed-secrets and
// https://cert-manager.io/docs/usage/certificate/.
func makersOf(objects []*manifest.Object) map[manifest.ID]string {
	makers := make(map[manifest.ID]string)
	for _, o := range objects {
		made := ""
		switch o.Kind() {
		case "SealedSecret":
			made = o.Name()
		case "ExternalSecret":
			made = cmp.Or(text(o.Body, "spec", "target", "name"), o.Name())
		case "Certificate":
			made = text(o.Body, "spec", "secretName")
		}
		if made != "" {
			makers[manifest.ID{Kind: "Secret", Namespace: o.Namespace(), Name: made}] = o.ID().String()
		}
	}
	return makers
}

func (c *checker) serviceAccounts() {
	const name = "service account"
	for _, p := range c.pods {
		account := text(p.spec, "serviceAccountName")
		if account == "" || account == "default" {
			continue
		}
		id := manifest.ID{Kind: "ServiceAccount", Namespace: p.owner.Namespace, Name: account}
		list := List{Kind: "ServiceAccount", Namespace: p.owner.Namespace}
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
