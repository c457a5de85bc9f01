package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/internal/observe"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// rbacFlags say for whom permissions are printed, and for what.
type rbacFlags struct {
	renderFlags
	output, purpose, serviceAccount, user, group string
}

func newRBAC(env *Env) *cobra.Command {
	var f rbacFlags
	f.silentIDs = true
	cmd := &cobra.Command{
		Use:   "rbac",
		Short: "Print the permissions that an environment needs in its cluster",
		Example: `  lading rbac --env prod --service-account ci/lading      # to read status and logs
  lading rbac --env prod --for engine | kubectl apply -f -
  lading rbac --env prod --for status --group ml-engineers`,
		Long: `Rbac renders an environment and prints the smallest Roles with which its status and
logs can be read, one for each namespace in use, and their bindings. What has no
namespace, as the nodes behind a NodePort, gets a ClusterRole.

  --for status     what 'lading status' and 'lading describe' read, but for the
                   last lines of logs, which need --for logs as well
  --for logs       what 'lading logs' reads
  --for preflight  what 'lading preflight' reads, names of Secrets among it
  --for engine     what Argo CD or Flux must be allowed to write

Without --for it is status and logs. Nothing is applied, and no cluster is asked.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(f.environments) > 1 {
				return misuse(cmd, errors.New("want one --env"))
			}
			return f.rbac(cmd.Context(), env)
		},
	}
	f.renderFlags.add(cmd)
	outputFlag(cmd, &f.output, "yaml", "json")
	flags := cmd.Flags()
	purposes := []string{"status", "logs", "preflight", "engine"}
	flags.Var(&choice{&f.purpose, purposes}, "for", "what the permissions are for: "+strings.Join(purposes, ", ")+" (default: status and logs)")
	flags.StringVar(&f.serviceAccount, "service-account", "", "NAMESPACE/NAME of the service account that gets them (default: lading, or the engine's)")
	flags.StringVar(&f.user, "user", "", "user that gets them")
	flags.StringVar(&f.group, "group", "", "group that gets them")
	cmd.MarkFlagsMutuallyExclusive("service-account", "user", "group")
	return cmd
}

func (f *rbacFlags) rbac(ctx context.Context, env *Env) error {
	fl, err := f.render(ctx, env)
	if err != nil {
		return err
	}
	e, _, err := fl.oneEnvironment()
	if err != nil {
		return err
	}
	g := &granting{environment: e, objects: fl.renderedObjects(), plurals: make(map[kindName]string)}
	g.learnPlurals()
	needed := g.needed(f.purpose, fl)
	if len(needed) == 0 {
		say(env, "note: nothing is rendered, so nothing is needed")
		return fl.err()
	}
	subject, note, err := f.subject(e, needed)
	if err != nil {
		return err
	}
	name := "lading-" + cmp.Or(f.purpose, "reader") + "-" + cmp.Or(e.Name, "default")
	roles := rolesOf(name, needed, subject)
	if err := printObjects(env, f.output, roles); err != nil {
		return err
	}
	for _, note := range append(note, g.notes(needed, f.purpose)...) {
		say(env, "note: %s", note)
	}
	return fl.err()
}

// subject is who gets the permissions, as a binding names it.
func (f *rbacFlags) subject(e settings.EnvironmentSpec, needed []grant) (map[string]any, []string, error) {
	const api = "rbac.authorization.k8s.io"
	switch {
	case f.user != "":
		return map[string]any{"kind": "User", "name": f.user, "apiGroup": api}, nil, nil
	case f.group != "":
		return map[string]any{"kind": "Group", "name": f.group, "apiGroup": api}, nil, nil
	case f.serviceAccount != "":
		namespace, name, found := strings.Cut(f.serviceAccount, "/")
		if !found || namespace == "" || name == "" || strings.Contains(name, "/") {
			return nil, nil, &usageError{fmt.Sprintf("--service-account is %q, want NAMESPACE/NAME", f.serviceAccount), "as in --service-account ci/lading"}
		}
		return account(namespace, name), nil, nil
	case f.purpose == "engine":
		return engineAccount(e)
	}
	namespace := firstNamespace(needed)
	note := fmt.Sprintf("the bindings are for the service account %s/lading; make it with: kubectl create serviceaccount lading -n %s, or choose with --service-account, --user, --group", namespace, namespace)
	return account(namespace, "lading"), []string{note}, nil
}

func account(namespace, name string) map[string]any {
	return map[string]any{"kind": "ServiceAccount", "namespace": namespace, "name": name}
}

// firstNamespace is the first in which something is needed.
func firstNamespace(needed []grant) string {
	first := ""
	for _, g := range needed {
		if g.namespace != "" && !g.ofEngine && (first == "" || g.namespace < first) {
			first = g.namespace
		}
	}
	return cmp.Or(first, "default")
}

// engineAccounts are as which the engines apply objects in their own cluster.
var engineAccounts = map[string]string{"argocd": "argocd-application-controller", "flux": "kustomize-controller"}

// engineAccount is that of the engine. In another cluster it is whatever the
// person chose who made the cluster known to it.
func engineAccount(e settings.EnvironmentSpec) (map[string]any, []string, error) {
	kind := e.Engine.Kind
	if kind == "" {
		return nil, nil, &usageError{"the environment names no engine", "set engine.kind, or give --service-account NAMESPACE/NAME"}
	}
	if elsewhere(e) {
		return nil, nil, &usageError{
			"the engine runs in another cluster, and what it is called in this one is not known",
			"give --service-account NAMESPACE/NAME; 'argocd cluster add' makes kube-system/argocd-manager",
		}
	}
	return account(observe.EngineNamespace(e), engineAccounts[kind]), nil, nil
}

// elsewhere tells that the engine runs in another cluster than the pods.
func elsewhere(e settings.EnvironmentSpec) bool {
	return e.Engine.Context != "" && e.Engine.Context != e.Cluster.Context || e.Engine.KubeconfigSecret != ""
}

// oneEnvironment returns the environment that was rendered, and what the
// project says of the deployer.
func (fl *fleet) oneEnvironment() (settings.EnvironmentSpec, settings.DeployerConfig, error) {
	all := fl.loaded.Environments
	if len(all) != 1 {
		var names []string
		for _, e := range all {
			names = append(names, e.Name)
		}
		return settings.EnvironmentSpec{}, settings.DeployerConfig{}, &usageError{"want one --env", "the project has " + strings.Join(names, ", ")}
	}
	p := fl.loaded.Project
	if p == nil {
		return settings.EnvironmentSpec{}, settings.DeployerConfig{}, nil
	}
	for _, e := range p.Spec.Environments {
		if e.Name == all[0].Name {
			return e, p.Spec.Deployer, nil
		}
	}
	return settings.EnvironmentSpec{Name: all[0].Name}, p.Spec.Deployer, nil
}

// renderedObjects are those of all deployments; what several share is there once.
func (fl *fleet) renderedObjects() []*manifest.Object {
	var all []*manifest.Object
	seen := make(map[manifest.ID]bool)
	for o := range fl.objects {
		if !seen[o.ID()] {
			seen[o.ID()] = true
			all = append(all, o)
		}
	}
	return all
}
