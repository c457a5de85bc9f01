package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/internal/nearest"
	"github.com/lading-dev/lading/internal/observe"
	"github.com/lading-dev/lading/internal/preflight"
	"github.com/lading-dev/lading/pkg/gitops"
	"github.com/lading-dev/lading/pkg/settings"
)

// preflightFlags say what to check, and where.
type preflightFlags struct {
	renderFlags
	clusterFlags
	output string
	strict bool
}

func newPreflight(env *Env) *cobra.Command {
	var f preflightFlags
	f.silentIDs = true
	cmd := &cobra.Command{
		Use:   "preflight [NAME...]",
		Short: "Check that a cluster has what deployments need, before they are published",
		Example: `  lading preflight --env prod
  lading preflight greet --env prod -o json
  lading preflight --env prod --context prod-admin --strict`,
		Long: `Preflight renders an environment, or the named deployments of it, and looks whether
its cluster has what they need: the version of Kubernetes, the permissions to read
status and logs, namespaces, kinds, ingress, storage, priority and runtime classes,
certificates of ingresses, gateways of routes, the metrics API, Secrets, ConfigMaps,
claims and service accounts that pods refer to, nodes for pods that choose them, room
in quotas and limit ranges, Pod Security, and the GitOps engine with what bootstrap
prints. It only reads, of Secrets the names alone.

  ok       it is there
  warning  it may go wrong
  unknown  it cannot be found out, mostly since the user may not read it
  failed   it will go wrong

Exits 1 if anything failed, with --strict also for warnings and what is unknown.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(f.environments) > 1 {
				return misuse(cmd, errors.New("want one --env"))
			}
			return f.preflight(cmd.Context(), env, args)
		},
	}
	f.renderFlags.add(cmd)
	f.clusterFlags.add(cmd)
	f.clusterFlags.addEngine(cmd)
	outputFlag(cmd, &f.output, "table", "json")
	cmd.Flags().BoolVar(&f.strict, "strict", false, "exit 1 also for warnings and for what is unknown")
	return cmd
}

func (f *preflightFlags) preflight(ctx context.Context, env *Env, names []string) error {
	fl, err := f.render(ctx, env)
	if err != nil {
		return err
	}
	all := fl.renderedObjects()
	if err := fl.choose(names); err != nil {
		return err
	}
	e, config, err := fl.oneEnvironment()
	if err != nil {
		return err
	}
	client, err := f.connect(env, e, config)
	if err != nil {
		return err
	}
	in := preflight.Input{Environment: cmp.Or(e.Name, "default"), Objects: fl.renderedObjects(), Others: all, Engine: preflightEngine(fl, e)}
	facts := &preflight.Facts{}
	r := &preflightReader{client: client, input: in, facts: facts}
	if in.Engine.Kind != "" {
		if r.engine, err = f.engine(env, e, config); err != nil {
			facts.EngineProblem = err.Error()
		}
	}
	g := &granting{environment: e, objects: in.Objects, plurals: make(map[kindName]string)}
	g.learnPlurals()
	if err := r.read(ctx, func(served *kube.Resources) []grant {
		g.served = served
		return g.needed("", fl)
	}); err != nil {
		return err
	}
	found := preflight.Run(in, facts)
	if err := printChecks(env, f.output, client.Name(), found); err != nil {
		return err
	}
	return errors.Join(f.verdict(found), fl.err())
}

// verdict is the error of a preflight in which something failed.
func (f *preflightFlags) verdict(found []preflight.Check) error {
	bad := preflight.Count(found, preflight.Failed)
	if f.strict {
		bad += preflight.Count(found, preflight.Warning, preflight.Unknown)
	}
	if bad == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d checks did not pass", bad, len(found))
}

// choose keeps the deployments with these names, all where there are none.
func (fl *fleet) choose(names []string) error {
	if len(names) == 0 {
		return nil
	}
	var known []string
	for _, r := range fl.rendered {
		known = append(known, r.settings.Name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return &usageError{fmt.Sprintf("there is no deployment %q", name), cmp.Or(nearest.Hint(name, known), "'lading render -o name' lists what there is")}
		}
	}
	fl.rendered = slices.DeleteFunc(fl.rendered, func(r rendered) bool { return !slices.Contains(names, r.settings.Name) })
	return nil
}

// preflightEngine is what preflight knows of an environment's engine. Roots that
// cannot be made, since no repository is named yet, are left out.
func preflightEngine(fl *fleet, e settings.EnvironmentSpec) preflight.Engine {
	engine := preflight.Engine{
		Kind: e.Engine.Kind, Namespace: observe.EngineNamespace(e), Project: e.Engine.Project,
		KubeconfigSecret: e.Engine.KubeconfigSecret,
	}
	if engine.Kind == "" {
		return preflight.Engine{}
	}
	roots, err := gitops.Bootstrap(fl.loaded.Resolved, fl.environments())
	if err == nil {
		for _, root := range roots {
			engine.Roots = append(engine.Roots, root.Objects...)
		}
	}
	switch given := e.Engine.Destination; { // as Argo CD's Applications are written
	case strings.Contains(given, "://"):
		engine.Server = given
	case given != "":
		engine.Name = given
	case e.Cluster.Server != "":
		engine.Server = e.Cluster.Server
	case e.Cluster.Name != "":
		engine.Name = e.Cluster.Name
	default:
		engine.Server = "https://kubernetes.default.svc"
	}
	return engine
}

// A checkRow is a check in JSON.
type checkRow struct {
	State   preflight.State `json:"state"`
	Check   string          `json:"check"`
	Object  string          `json:"object,omitempty"`
	Message string          `json:"message"`
	Next    string          `json:"next,omitempty"`
}

func rowOf(c preflight.Check) checkRow {
	row := checkRow{State: c.State, Check: c.Name, Message: c.Message, Next: c.Next}
	if c.Object.Kind != "" {
		row.Object = strings.TrimSuffix(c.Object.String(), "/")
	}
	return row
}

func printChecks(env *Env, format, cluster string, found []preflight.Check) error {
	rows := make([]checkRow, len(found))
	for i, c := range found {
		rows[i] = rowOf(c)
	}
	if format == "json" {
		return printJSON(env, map[string]any{"cluster": cluster, "checks": rows})
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "cluster: %s\n\n", visible(cluster))
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "STATE\tCHECK\tOBJECT\tMESSAGE")
	for _, r := range rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", r.State, r.Check, visible(cmp.Or(r.Object, "-")), visible(r.Message))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	printNextSteps(&b, rows)
	_, err := env.Stdout.Write(b.Bytes())
	return err
}

// printNextSteps lists what to do, each step once and behind the object that it
// is for, if it is for one.
func printNextSteps(b *bytes.Buffer, rows []checkRow) {
	times := make(map[string]int)
	for _, r := range rows {
		times[r.Next]++
	}
	delete(times, "")
	if len(times) > 0 {
		b.WriteString("\nnext:\n")
	}
	for _, r := range rows {
		switch times[r.Next] {
		case 0:
			continue
		case 1:
			fmt.Fprintf(b, "  %s: %s\n", visible(cmp.Or(r.Object, r.Check)), visible(r.Next))
		default:
			fmt.Fprintf(b, "  %s\n", visible(r.Next))
		}
		delete(times, r.Next)
	}
}
