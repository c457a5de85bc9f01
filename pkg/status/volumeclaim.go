package status

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

// A claimCase is a PersistentVolumeClaim that is being examined.
type claimCase struct {
	*Judge
	*unstructured.Unstructured
	spec fields
}

// volumeClaim judges a PersistentVolumeClaim:
// https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding.
func volumeClaim(j *Judge, o *unstructured.Unstructured) Result {
	object := fields(o.Object)
	switch object.at("status").text("phase") {
	case "Bound":
		return ready(o)
	case "Lost":
		volume := manifest.ID{Kind: "PersistentVolume", Name: object.at("spec").text("volumeName")}
		return j.proven(failed(o, VolumeLost, "its %s is gone", volume).
			next("restore the volume, or delete the claim to get a new and empty one: %s", kubectl("delete", IDOf(o))).about(volume), o)
	}
	c := &claimCase{j, o, object.at("spec")}
	return firstOf([]check[*claimCase]{
		(*claimCase).classMissing,
		(*claimCase).provisioningFailed,
		(*claimCase).waitsForPod,
		(*claimCase).pending,
	}, c, o)
}

func storageClass(name string) manifest.ID {
	return manifest.ID{Group: "storage.k8s.io", Kind: "StorageClass", Name: name}
}

const defaultStorage = "storageclass.kubernetes.io/is-default-class"

func (c *claimCase) classes() []*unstructured.Unstructured {
	return c.Live.All("storage.k8s.io", "StorageClass", "")
}

// classMissing reports a class that does not exist, or a claim that relies on
// the cluster's default class where there is none. Only a claim for a volume
// that somebody made needs no class. Both may still come: a claim gets the
// default class that is made after it, too. See
// https://kubernetes.io/docs/concepts/storage/persistent-volumes/#retroactive-default-storageclass-assignment.
func (c *claimCase) classMissing() (Result, bool) {
	name, named := c.spec["storageClassName"].(string)
	switch {
	case c.Live.Gap("storage.k8s.io", "StorageClass", "") != nil, named && name == "", c.spec.text("volumeName") != "":
		return Result{}, false
	case !named && !slices.ContainsFunc(c.classes(), isDefaultStorage) && !c.volumeOffered(""):
		return c.proven(progressing(c, NoStorageClass, "it names no storage class, and the cluster has no default one").
			next("set storageClassName to one of kubectl get storageclass"), c.Unstructured), true
	case named && c.Live.Get(storageClass(name)) == nil && !c.volumeOffered(name):
		return c.proven(progressing(c, StorageClassMissing, "the cluster has no storage class %q%s", name, c.otherClasses()).
			next("set storageClassName to one of kubectl get storageclass").about(storageClass(name)), c.Unstructured), true
	}
	return Result{}, false
}

func isDefaultStorage(class *unstructured.Unstructured) bool {
	return class.GetAnnotations()[defaultStorage] == "true"
}

// volumeOffered tells that somebody made volumes of a class that does not exist
// as an object, or of none, which is allowed.
func (c *claimCase) volumeOffered(class string) bool {
	return slices.ContainsFunc(c.Live.All("", "PersistentVolume", ""), func(v *unstructured.Unstructured) bool {
		return fields(v.Object).at("spec").text("storageClassName") == class
	})
}

func (c *claimCase) otherClasses() string {
	var names []string
	for _, class := range c.classes() {
		names = append(names, class.GetName())
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return "; it has " + quotedList(names)
}

func (c *claimCase) provisioningFailed() (Result, bool) {
	e, ok := c.eventOf(c.Unstructured, "ProvisioningFailed")
	if !ok {
		return Result{}, false
	}
	r := progressing(c, VolumeProvisioningFailed, "no volume can be provided: %s", oneLine(e.Message)).
		next("see what the storage's provisioner says: %s", kubectl("describe", IDOf(c.Unstructured)))
	if strings.Contains(strings.ToLower(e.Message), "quota") {
		r.Next = "have the storage quota raised, or ask for less"
	}
	return c.proven(r, c.Unstructured), true
}

// class returns the claim's storage class, nil where it is not known.
func (c *claimCase) class() *unstructured.Unstructured {
	if name, named := c.spec["storageClassName"].(string); named {
		return c.Live.Get(storageClass(name))
	}
	if at := slices.IndexFunc(c.classes(), isDefaultStorage); at >= 0 {
		return c.classes()[at]
	}
	return nil
}

// waitsForPod: with WaitForFirstConsumer a volume is only made for a pod that
// has been scheduled, so a claim that no pod uses is as it should be:
// https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode.
func (c *claimCase) waitsForPod() (Result, bool) {
	class := c.class()
	if class == nil || fields(class.Object).text("volumeBindingMode") != "WaitForFirstConsumer" {
		return Result{}, false
	}
	users := c.users()
	if len(users) == 0 {
		return ready(c), true
	}
	return c.proven(progressing(c, VolumePending, "its volume is made once %s is scheduled", IDOf(users[0])).
		next("see why the pod is not scheduled: %s", kubectl("describe", IDOf(users[0]))).about(idsOfLive(users)...), c.Unstructured), true
}

// users are the pods that mount the claim.
func (c *claimCase) users() []*unstructured.Unstructured {
	var users []*unstructured.Unstructured
	for _, p := range c.Live.All("", "Pod", c.GetNamespace()) {
		for _, v := range fields(p.Object).at("spec").list("volumes") {
			own := v.at("ephemeral") != nil && p.GetName()+"-"+v.text("name") == c.GetName()
			if own || v.at("persistentVolumeClaim").text("claimName") == c.GetName() {
				users = append(users, p)
				break
			}
		}
	}
	return users
}

func (c *claimCase) pending() (Result, bool) {
	size := fields(c.spec.at("resources").at("requests")).text("storage")
	return c.proven(progressing(c, VolumePending, "it is not bound to a volume yet%s", askedFor(size)).
		next("see what it waits for: %s", kubectl("describe", IDOf(c.Unstructured))), c.Unstructured), true
}

func askedFor(size string) string {
	if size == "" {
		return ""
	}
	return fmt.Sprintf("; it asks for %s", size)
}
