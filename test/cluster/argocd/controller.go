package main

import (
	"context"
	"flag"
	"fmt"
	"os/signal"
	"syscall"
	"time"

	commitclient "github.com/argoproj/argo-cd/v3/commitserver/apiclient"
	"github.com/argoproj/argo-cd/v3/controller"
	"github.com/argoproj/argo-cd/v3/controller/sharding"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	appclientset "github.com/argoproj/argo-cd/v3/pkg/client/clientset/versioned"
	"github.com/argoproj/argo-cd/v3/reposerver/apiclient"
	"github.com/argoproj/argo-cd/v3/util/argo"
	"github.com/argoproj/argo-cd/v3/util/argo/normalizers"
	cacheutil "github.com/argoproj/argo-cd/v3/util/cache"
	"github.com/argoproj/argo-cd/v3/util/cache/appstate"
	kubeutil "github.com/argoproj/argo-cd/v3/util/kube"
	"github.com/argoproj/argo-cd/v3/util/settings"
	"github.com/redis/go-redis/v9"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// cacheFor is how long the controller keeps what it learned about a revision.
const cacheFor = time.Hour

// applicationController runs the application controller. It is put together
// here because Argo CD's own command serves its metrics on all interfaces, and
// a test cluster must be reachable from this machine only.
func applicationController(args []string) error {
	fs := flag.NewFlagSet("argocd-application-controller", flag.ExitOnError)
	kubeconfig := fs.String("kubeconfig", "", "kubeconfig file")
	namespace := fs.String("namespace", "argocd", "where Applications lie")
	repoServer := fs.String("repo-server", "", "address of the repo server")
	redisAddr := fs.String("redis", "", "address of redis")
	metrics := fs.String("metrics-address", "", "address and port of the metrics and health server")
	resync := fs.Duration("app-resync", 10*time.Second, "how often an Application is looked at")
	if err := fs.Parse(args); err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	if err := v1alpha1.SetK8SConfigDefaults(config); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	c, err := newController(ctx, config, *namespace, *repoServer, *redisAddr, *resync)
	if err != nil {
		return fmt.Errorf("making the controller: %w", err)
	}
	c.GetMetricsServer().Addr = *metrics
	go c.Run(ctx, 10, 10)
	<-ctx.Done()
	return nil
}

// newController gives the controller the settings that Argo CD's command has
// by default, but for the times, which are short.
func newController(ctx context.Context, config *rest.Config, namespace, repoServer, redisAddr string, resync time.Duration) (*controller.ApplicationController, error) {
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	apps, err := appclientset.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	store := cacheutil.NewRedisCache(redis.NewClient(&redis.Options{Addr: redisAddr}), cacheFor, cacheutil.RedisCompressionGZip)
	var c *controller.ApplicationController
	manager := settings.NewSettingsManager(ctx, kube, namespace, settings.WithRepoOrClusterChangedHandler(func() {
		c.InvalidateProjectsCache()
	}))
	shards, err := sharding.GetClusterSharding(kube, manager, "legacy", false)
	if err != nil {
		return nil, err
	}
	c, err = controller.NewApplicationController(
		namespace, manager, kube, apps,
		apiclient.NewRepoServerClientset(repoServer, 60, apiclient.TLSConfiguration{DisableTLS: true}),
		commitclient.NewCommitServerClientset(""),
		appstate.NewCache(cacheutil.NewCache(cacheutil.NewTwoLevelClient(store, 10*time.Minute)), cacheFor),
		kubeutil.NewKubectl(),
		resync, 0, 0, // no hard resync, no jitter
		0, &wait.Backoff{Duration: 2 * time.Second, Factor: 3, Cap: 5 * time.Minute}, 330*time.Second, // self-heal
		0, 3*time.Minute, // no bound on a sync; grace for errors of the repo server
		0, 0, nil, nil, nil, // metrics
		20, false, shards, nil, nil,
		false, false, normalizers.IgnoreNormalizerOpts{}, argo.DefaultEnableEventList(), false,
	)
	return c, err
}
