// The Deployment as lading writes it, to begin a template of your own with.
// What you change is added to it; docs/templates.md lists the context and the
// library. A sidecar, an init container with a volume, and a field that the
// library has no word for:
//
//   deployment.fromContext(context)
//   + deployment.withContainer(container.new('proxy', 'envoyproxy/envoy:v1.31'))
//   + deployment.withInitContainer(container.new('init-setup', 'busybox:1.36') + container.withCommand(['sh', '-c', 'echo initializing']))
//   + deployment.withVolume({ name: 'scratch', emptyDir: {} })
//   + { spec+: { minReadySeconds: 10 } }
//
// The main container is changed where it is made:
//
//   + { spec+: { template+: { spec+: { containers: [container.fromContext(context) + { tty: true }] } } } }
local deployment = import 'lading/deployment.libsonnet';
// local container = import 'lading/container.libsonnet';

function(context)
  deployment.fromContext(context)
