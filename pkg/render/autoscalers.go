package render

import (
	"fmt"

	"github.com/lading-dev/lading/pkg/manifest"
)

// settleReplicas decides, last of all, who says how many replicas there are.
// Where an autoscaler targets the Deployment its own number is left out, or
// every sync would undo what the autoscaler did. Two autoscalers would fight.
func (c *renderContext) settleReplicas(objects []*manifest.Object, wrong *problems) {
	var deployment, scaler *manifest.Object
	for _, o := range objects {
		switch {
		case kindName(o) == "Deployment.apps" && o.Name() == c.name:
			deployment = o
		case !c.scalesDeployment(o):
		case scaler != nil:
			wrong.add(c.of(o), fmt.Sprintf("%s %s is a second autoscaler of the Deployment, beside %s of %s, want one",
				o.Kind(), o.Name(), scaler.Kind(), c.of(scaler)),
				"remove it, or remove autoscaling_metric from the resource settings")
		default:
			scaler = o
		}
	}
	if deployment != nil && scaler != nil {
		delete(section(deployment.Body, "spec"), "replicas")
	}
}

// scalesDeployment tells whether an object is an autoscaler of the core
// Deployment: a HorizontalPodAutoscaler, or a ScaledObject of KEDA, whose
// target is a Deployment unless it says otherwise.
// See https://keda.sh/docs/latest/reference/scaledobject-spec/.
func (c *renderContext) scalesDeployment(o *manifest.Object) bool {
	target, _ := o.Field("spec", "scaleTargetRef", "name")
	kind, said := o.Field("spec", "scaleTargetRef", "kind")
	if target != c.name {
		return false
	}
	switch kindName(o) {
	case "HorizontalPodAutoscaler.autoscaling":
		return kind == "Deployment"
	case "ScaledObject.keda.sh":
		return kind == "Deployment" || !said
	}
	return false
}
