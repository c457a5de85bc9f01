// The way in by a context of a kubeconfig. See
// https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/.

package kube

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/lading-dev/lading/internal/nearest"
)

// A kubeconfig is the files of the user, merged.
type kubeconfig struct {
	api.Config
	rules *clientcmd.ClientConfigLoadingRules
	// files are those that exist, of those that were looked for.
	files, looked []string
}

// kubeconfig reads the file that is named, else those of KUBECONFIG, else the
// usual one. As with kubectl only a file that is named itself must be there.
func (o Options) kubeconfig() (*kubeconfig, error) {
	k := &kubeconfig{Config: *api.NewConfig()}
	switch list := o.Getenv("KUBECONFIG"); {
	case o.Kubeconfig != "":
		k.looked = []string{o.path(o.Kubeconfig)}
	case list != "":
		for _, file := range filepath.SplitList(list) {
			if file != "" {
				k.looked = append(k.looked, o.path(file))
			}
		}
	case o.Home != "":
		k.looked = []string{filepath.Join(o.Home, ".kube", "config")}
	}
	for _, file := range k.looked {
		if err := k.read(file, o.Kubeconfig != ""); err != nil {
			return nil, err
		}
	}
	if len(k.files) == 0 {
		return k, nil
	}
	k.rules = &clientcmd.ClientConfigLoadingRules{Precedence: k.files}
	merged, err := k.rules.Load()
	if err != nil {
		return nil, misconfigured("", err.Error(), "")
	}
	k.Config = *merged
	return k, nil
}

// read notes a file that exists and can be read.
func (k *kubeconfig) read(file string, must bool) error {
	data, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !must:
		return nil
	case err != nil:
		return misconfigured("", fmt.Sprintf("reading the kubeconfig: %v", err), "name the file with --kubeconfig, or in KUBECONFIG")
	}
	if _, err := clientcmd.Load(data); err != nil {
		return misconfigured("", place(file, err)+" the kubeconfig cannot be read: "+secretless(err), "'kubectl config view' reads the same files")
	}
	k.files = append(k.files, file)
	return nil
}

// lineOf finds a line in the words of a YAML parser.
var lineOf = regexp.MustCompile(`\byaml: (?:unmarshal errors:\s+)?line (\d+): `)

func place(file string, err error) string {
	if m := lineOf.FindStringSubmatch(err.Error()); m != nil {
		return file + ":" + m[1] + ":"
	}
	return file + ":"
}

// secretless keeps the text of a parser short: a decoder may quote the whole
// file, and there are keys in it.
func secretless(err error) string {
	if strings.HasPrefix(err.Error(), "couldn't get version/kind") {
		return "want a mapping with apiVersion: v1 and kind: Config"
	}
	text := lineOf.ReplaceAllString(err.Error(), "")
	text, _, _ = strings.Cut(text, ", error found in")
	text, _, _ = strings.Cut(text, "\n")
	text = strings.TrimPrefix(text, "error converting YAML to JSON: ")
	if at := strings.IndexByte(text, '"'); at >= 0 && len(text) > 200 {
		text = text[:at] + "…"
	}
	return text
}

// byContext uses the context that is named, else one with the server that is
// named, else the current one.
func (o Options) byContext(k *kubeconfig) (*way, error) {
	name := o.Context
	if name == "" && o.Server != "" {
		var err error
		if name, err = o.withServer(k); err != nil {
			return nil, err
		}
	}
	if name == "" {
		if name = k.CurrentContext; name == "" {
			return nil, misconfigured("", fmt.Sprintf("no context is named, and %s has no current one", list(k.files)),
				"name one with --context, or in the environment's cluster.context; "+k.known())
		}
	}
	context, ok := k.Contexts[name]
	if !ok || context == nil {
		return nil, o.noContext(k, name)
	}
	return o.context(k, name, context)
}

func (o Options) context(k *kubeconfig, name string, context *api.Context) (*way, error) {
	if err := k.checkProxy(name, context.Cluster); err != nil {
		return nil, err
	}
	config, err := clientcmd.NewNonInteractiveClientConfig(k.Config, name, &clientcmd.ConfigOverrides{}, k.rules).ClientConfig()
	if err != nil {
		return nil, misconfigured(fmt.Sprintf("context %q", name), strings.TrimPrefix(err.Error(), "invalid configuration: "),
			"the contexts, clusters and users stand in "+list(k.files))
	}
	if config.Host, err = o.serverURL(config.Host); err != nil {
		return nil, err
	}
	a := &way{name: fmt.Sprintf("context %q (%s)", name, config.Host), config: config}
	a.credential = ofUser(context.AuthInfo, k.AuthInfos[context.AuthInfo])
	if o.Server != "" && o.Context != "" && o.ServerFrom == "--server" {
		if config.Host, err = o.serverURL(o.Server); err != nil {
			return nil, err
		}
		a.name = fmt.Sprintf("context %q (%s)", name, config.Host)
	}
	return a, o.lay(a)
}

// checkProxy wants the address of a proxy where a cluster has one. The library
// would quote a wrong one with the password in it.
func (k *kubeconfig) checkProxy(context, cluster string) error {
	c := k.Clusters[cluster]
	if c == nil || c.ProxyURL == "" {
		return nil
	}
	u, err := url.Parse(c.ProxyURL)
	if err == nil && u.Host != "" && slices.Contains([]string{"http", "https", "socks5"}, u.Scheme) {
		return nil
	}
	return misconfigured(fmt.Sprintf("context %q", context),
		fmt.Sprintf("proxy-url %q of cluster %q is no address of a proxy, want http://, https:// or socks5://HOST:PORT", redacted(c.ProxyURL), cluster),
		"correct it in "+list(k.files))
}

// successor says what replaced an authentication provider that clients do not
// have any more.
func successor(provider *api.AuthProviderConfig) string {
	switch {
	case provider == nil:
		return ""
	case provider.Name == "gcp":
		return "install gke-gcloud-auth-plugin, and get a fresh kubeconfig: gcloud container clusters get-credentials CLUSTER"
	case provider.Name == "azure":
		return "install kubelogin, and let it convert the kubeconfig: kubelogin convert-kubeconfig"
	}
	return "get a kubeconfig with a credential plugin (users[].user.exec) or a token from whoever runs the cluster"
}

// ofUser says how a user of the kubeconfig shows who it is.
func ofUser(name string, user *api.AuthInfo) credential {
	whose := fmt.Sprintf(" of user %q", name)
	switch {
	case user == nil:
		return credential{}
	case user.Exec != nil:
		return credential{what: "the credential that " + user.Exec.Command + " gave for user " + fmt.Sprintf("%q", name), next: "log in again with the cloud's own tool, and see what '" + user.Exec.Command + "' prints"}
	case user.AuthProvider != nil:
		return credential{what: "the credential of " + user.AuthProvider.Name + whose, next: "log in again, so that the kubeconfig gets a fresh token"}
	case user.ClientCertificate != "" || len(user.ClientCertificateData) > 0:
		return credential{what: "the client certificate" + whose, next: "get a fresh kubeconfig from whoever runs the cluster"}
	case user.TokenFile != "":
		return credential{what: "the token in " + user.TokenFile + whose, next: "put a fresh token into " + user.TokenFile}
	case user.Token != "":
		return credential{what: "the token" + whose, next: "put a fresh token into the kubeconfig", token: func() string { return user.Token }}
	case user.Username != "":
		return credential{what: "name and password" + whose, next: "put the right ones into the kubeconfig"}
	}
	return credential{}
}

// withServer finds the context of a server, the current one first.
func (o Options) withServer(k *kubeconfig) (string, error) {
	want, err := o.serverURL(o.Server)
	if err != nil {
		return "", err
	}
	names := append([]string{k.CurrentContext}, slices.Sorted(maps.Keys(k.Contexts))...)
	for _, name := range names {
		context := k.Contexts[name]
		if context == nil || k.Clusters[context.Cluster] == nil {
			continue
		}
		if has, err := o.serverURL(k.Clusters[context.Cluster].Server); err == nil && has == want {
			return name, nil
		}
	}
	return "", o.noCredential(k)
}

func (o Options) noCredential(k *kubeconfig) error {
	message := fmt.Sprintf("%sthere is no credential for server %s", from(o.ServerFrom), redacted(o.Server))
	if k != nil {
		message += ", and no context in " + list(k.files) + " has it"
	}
	return misconfigured("", message, "set LADING_TOKEN, or give --token-file or --client-certificate, or name a context with --context")
}

func (o Options) noContext(k *kubeconfig, name string) error {
	hint := k.known()
	if best := nearest.Word(name, slices.Collect(maps.Keys(k.Contexts))); best != "" {
		hint = fmt.Sprintf("did you mean %q? ", best) + hint
	}
	if o.ContextFrom != "" && !strings.HasPrefix(o.ContextFrom, "-") {
		hint += "; --context NAME goes before " + o.ContextFrom
	}
	return misconfigured("", fmt.Sprintf("%sthere is no context %q in %s", from(o.ContextFrom), name, list(k.files)), hint)
}

// known lists the contexts that there are.
func (k *kubeconfig) known() string {
	names := slices.Sorted(maps.Keys(k.Contexts))
	if len(names) == 0 {
		return "it has no context at all"
	}
	const most = 20
	text := "there are " + strings.Join(names[:min(most, len(names))], ", ")
	if len(names) == 1 {
		text = "there is " + names[0]
	}
	if len(names) > most {
		text += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return text
}

func (o Options) noKubeconfig(k *kubeconfig) error {
	message := "there is no kubeconfig: looked for " + cmp.Or(list(k.looked), "none, since HOME is not set")
	if o.Context != "" {
		message = fmt.Sprintf("%sno kubeconfig has the context %q: looked for %s", from(o.ContextFrom), o.Context, cmp.Or(list(k.looked), "none, since HOME is not set"))
	}
	return misconfigured("", message, "name one with --kubeconfig or KUBECONFIG, or give --server with LADING_TOKEN or --token-file")
}

func list(files []string) string { return strings.Join(files, ", ") }
