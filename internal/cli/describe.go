package cli

import (
	"cmp"
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/pkg/gitops"
	"github.com/lading-dev/lading/pkg/status"
)

// describeFlags choose a deployment and how it is described.
type describeFlags struct {
	targetFlags
	output string
}

func newDescribe(env *Env) *cobra.Command {
	var f describeFlags
	cmd := &cobra.Command{
		Use:   "describe NAME",
		Short: "Tell everything that is known of a deployment: in Git, in the engine, in the cluster",
		Example: `  lading describe greet --env prod
  lading describe greet --env prod -o json`,
		Long: `Describe tells what was committed of a deployment and from what it was rendered, what
the GitOps engine says, how each of its objects and pods is, where it can be reached,
the events and last log lines that tell of trouble, and which settings decide.
Nothing is changed.

Its exit status is that of 'lading status'.`,
		Args: oneName,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.describe(cmd.Context(), env, args[0])
		},
	}
	f.targetFlags.add(cmd)
	outputFlag(cmd, &f.output, "text", "json")
	return cmd
}

func (f *describeFlags) describe(ctx context.Context, env *Env, name string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	targets, err := f.targets(ctx, env, []string{name})
	defer f.close()
	if err != nil {
		return err
	}
	l, err := f.look(env, targets)
	if err != nil {
		return err
	}
	defer l.Close()
	reports, unread := l.Once(ctx)
	if f.output == "json" {
		reports = l.orUnread(reports, unread)
	}
	if len(reports) == 0 {
		return unread
	}
	rows := l.rows(reports)
	l.addLogs(ctx, rows)
	described := make([]description, len(rows))
	for i, r := range rows {
		described[i] = describeTarget(l, l.Targets[i], r)
		described[i].addLogs(ctx, l, l.Targets[i])
	}
	if f.output == "json" {
		err = printJSON(env, described)
	} else {
		err = printDescriptions(env, described)
	}
	if err = cmp.Or(err, unread); err != nil {
		return err
	}
	return reportsStatus(reports)
}

// A description is everything that is known of a deployment.
type description struct {
	deploymentStatus
	ResourceName string               `json:"resourceName"`
	Image        string               `json:"image,omitempty"`
	Replicas     any                  `json:"replicas,omitempty"`
	Git          describedGit         `json:"git"`
	Engine       *describedEngine     `json:"engine,omitempty"`
	Cluster      string               `json:"cluster"`
	Pods         []describedPod       `json:"podList"`
	Events       []describedEvent     `json:"events"`
	Settings     []describedSetting   `json:"settings"`
	Logs         []describedContainer `json:"logs"`
	row          statusRow
	now          time.Time
}

// A describedGit is what was committed.
type describedGit struct {
	Repository string            `json:"repository"`
	Branch     string            `json:"branch"`
	Directory  string            `json:"directory"`
	Digest     string            `json:"digest"`
	Owner      gitops.Owner      `json:"owner"`
	Source     gitops.Source     `json:"source"`
	Tool       gitops.LedgerTool `json:"tool"`
	Pin        *gitops.Pin       `json:"pin,omitempty"`
	Handover   []gitops.Handover `json:"handover,omitempty"`
	Objects    []gitops.Entry    `json:"objects"`
	Shared     []string          `json:"shared,omitempty"`
}

// A describedEngine is the engine's object that syncs the directory.
type describedEngine struct {
	Kind   string `json:"kind"`
	Object string `json:"object,omitempty"`
	Shared string `json:"shared,omitempty"`
}

// A describedPod is one pod of the deployment.
type describedPod struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Phase     string `json:"phase"`
	// Reason and Message are why it is not ready.
	Reason  status.Reason `json:"reason,omitempty"`
	Message string        `json:"message,omitempty"`
	// Ready counts the containers that are to go on running, Restarts those of
	// all, the ones that initialise the pod included.
	Ready    string     `json:"ready"`
	Restarts int64      `json:"restarts"`
	Node     string     `json:"node,omitempty"`
	Images   []string   `json:"images"`
	Created  *time.Time `json:"created,omitempty"`
}

// A describedEvent is a warning of the cluster about an object or pod.
type describedEvent struct {
	Object  string     `json:"object"`
	Reason  string     `json:"reason"`
	Message string     `json:"message"`
	Count   int        `json:"count,omitempty"`
	Last    *time.Time `json:"last,omitempty"`
}

// A describedSetting is a value of the settings that matters for readiness, and
// where it was set.
type describedSetting struct {
	Path  string `json:"path"`
	Value any    `json:"value"`
	At    string `json:"at"`
}

// A describedContainer is the end of a container's log.
type describedContainer struct {
	Pod       string   `json:"pod"`
	Container string   `json:"container"`
	Previous  bool     `json:"previous,omitempty"`
	Lines     []string `json:"lines"`
}
