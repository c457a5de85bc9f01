// Rules between fields, judged once all layers are merged.

package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"strconv"
)

// A crosscheck judges one resolved deployment. Each rule leaves alone what
// was reported as wrong already.
type crosscheck struct {
	*Resolved
	root     *Root
	project  *document
	problems Problems
}

func (l *loader) checkResolved(r *Resolved) Problems {
	c := &crosscheck{Resolved: r, root: l.loaded.Root, project: l.project}
	for _, rule := range []func(){
		c.image,
		c.replicas,
		c.autoscaling,
		c.variables,
		c.whole,
		c.additionalResources,
		c.hook,
	} {
		rule()
	}
	return c.problems
}

// report tells of a value; where it is absent, of the document.
func (c *crosscheck) report(n *node, path, format string, args ...any) *Problem {
	p := &Problem{Position: c.Position, Path: "spec." + path, Message: fmt.Sprintf(format, args...)}
	if n != nil {
		p.Position, p.Path = n.position(), n.src.prefix+path
	}
	c.problems = append(c.problems, p)
	return p
}

// at says where another value that takes part was set.
func at(n *node) string {
	if s := n.position().String(); s != "" {
		return " (" + s + ")"
	}
	return " (" + n.src.layer + ")"
}

func (c *crosscheck) image() {
	image, pipeline := c.tree.get("image"), c.tree.get("pipeline")
	switch {
	case image.isSet():
	case pipeline.isBad():
	case !pipeline.isSet():
		c.report(nil, "image", "neither image nor pipeline is set, want one of them")
	case c.project == nil || !c.project.tree.at("spec", "container_registry").isSet():
		c.report(pipeline, "pipeline", "has no registry to take the image from, want container_registry in the project").Hint =
			"or name the image itself: image: <registry>/zenml:" + pipeline.text
	}
}

func (c *crosscheck) replicas() {
	low, high := c.resource("min_replicas"), c.resource("max_replicas")
	if !low.isSet() || !high.isSet() || low.isBad() || high.isBad() {
		return
	}
	r := c.Spec.Settings.Resources
	if *r.MaxReplicas > 0 && *r.MinReplicas > *r.MaxReplicas {
		c.report(low, "settings.resources.min_replicas", "is %d, want at most max_replicas, which is %d%s",
			*r.MinReplicas, *r.MaxReplicas, at(high)).Hint = "max_replicas: 0 means no limit"
	}
}

func (c *crosscheck) resource(key string) *node { return c.tree.at("settings", "resources", key) }

// autoscaling holds what a HorizontalPodAutoscaler needs: an upper bound, a
// request that utilization is a share of, and a percentage.
func (c *crosscheck) autoscaling() {
	metric := c.resource("autoscaling_metric")
	if !metric.isSet() || metric.isBad() || metric.text != "cpu" && metric.text != "memory" {
		return
	}
	const path = "settings.resources.autoscaling_metric"
	r := c.Spec.Settings.Resources
	if high := c.resource("max_replicas"); !high.isBad() && (r.MaxReplicas == nil || *r.MaxReplicas == 0) {
		c.report(metric, path, "%s needs an upper bound, want max_replicas of 1 or more", metric.text).Hint = "set settings.resources.max_replicas"
	}
	field := map[string]string{"cpu": "cpu_count", "memory": "memory"}[metric.text]
	request := c.tree.at("settings", "deployer", "pod_settings", "resources", "requests", metric.text)
	if !c.resource(field).isSet() && !request.isSet() {
		c.report(metric, path, "%s needs a request that it is a percentage of, want %s", metric.text, field).Hint = "set settings.resources." + field
	}
	c.target(metric)
}

func (c *crosscheck) target(metric *node) {
	target := c.resource("autoscaling_target")
	if !target.isSet() || target.isBad() {
		return
	}
	v, ok := new(big.Rat).SetString(target.text)
	if !ok || !v.IsInt() || v.Cmp(big.NewRat(1, 1)) < 0 || v.Cmp(big.NewRat(100, 1)) > 0 {
		c.report(target, "settings.resources.autoscaling_target", "is %s, want a whole percentage from 1 to 100 for the metric %s%s",
			target.text, metric.text, at(metric))
	}
}

// variables reports secret variables that plain ones clash with.
func (c *crosscheck) variables() {
	secrets := c.tree.get("secretEnv")
	if secrets == nil || secrets.form != mapForm {
		return
	}
	plain := c.tree.get("env")
	for _, e := range secrets.entries {
		if !e.value.isSet() {
			continue
		}
		other := plain.get(e.key)
		if !other.isSet() {
			other = c.podVariable(e.key)
		}
		if other.isSet() {
			c.report(e.value, joinPath("secretEnv", e.key), "is a plain variable too%s, want it in one place", at(other)).Hint =
				fmt.Sprintf("remove one, or write %s: null in the higher layer", e.key)
		}
	}
}

// podVariable returns the entry of pod_settings.env with a name.
func (c *crosscheck) podVariable(name string) *node {
	list := c.tree.at("settings", "deployer", "pod_settings", "env")
	if list == nil || list.form != listForm {
		return nil
	}
	for _, item := range list.items {
		if n := item.get("name"); n != nil && n.text == name {
			return n
		}
	}
	return nil
}

// whole reports what no layer supplies of mappings that several may.
func (c *crosscheck) whole() { c.wholeBelow(c.tree, deploymentType(), "") }

func (c *crosscheck) wholeBelow(n *node, t *typ, path string) {
	if n == nil || n.form != mapForm || t == nil || !t.late {
		return
	}
	if t.kind == structKind {
		for _, f := range t.fields {
			if f.merged && !n.get(f.key).isSet() {
				c.report(n, path, "%q is missing, want %s", f.key, f.typ.wanted())
			}
		}
	}
	for _, e := range n.entries {
		c.wholeBelow(e.value, t.child(e.key), joinPath(path, e.key))
	}
}

// additionalResources reports files that are not there, where that is an
// error; otherwise they are left out with a warning when they are read.
func (c *crosscheck) additionalResources() {
	deployer := c.tree.at("settings", "deployer")
	list := deployer.get("additional_resources")
	if !c.Spec.Settings.Deployer.StrictAdditionalResources || list == nil || list.form != listForm {
		return
	}
	for i, item := range list.items {
		c.file(item, "settings.deployer.additional_resources["+strconv.Itoa(i)+"]")
	}
}

// hook reports a jsonnet file that is not there.
func (c *crosscheck) hook() { c.file(c.tree.get("jsonnet"), "jsonnet") }

// file reports a path that leads to no file. What cannot be looked at is
// reported by who reads it.
func (c *crosscheck) file(n *node, path string) {
	if !n.isSet() || n.isBad() {
		return
	}
	file, ok := n.value.(Path)
	if !ok {
		return
	}
	info, err := c.root.Stat(string(file))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.report(n, path, "there is no file %s", c.root.Display(file))
	case err == nil && info.IsDir():
		c.report(n, path, "%s is a directory, want a file", c.root.Display(file))
	}
}
