local container = import 'container.libsonnet';
local deployment = import 'deployment.libsonnet';
local context = import 'testdata/context.libsonnet';

local labels = { app: context.name } + context.labels;

std.assertEqual(deployment.fromContext(context), {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'zenml-3f2a9c1e', namespace: 'production', labels: labels },
  spec: {
    replicas: 1,
    selector: { matchLabels: context.selector },
    template: {
      metadata: { labels: labels },
      spec: { containers: [container.fromContext(context)] },
    },
  },
}) &&

// A sidecar is one line.
std.assertEqual(
  std.map(
    function(c) c.name,
    (deployment.fromContext(context) + deployment.withContainer(container.new('proxy', 'envoy'))).spec.template.spec.containers,
  ),
  ['main', 'proxy'],
) &&

// Labels of pods reach the pods alone and never change the selector.
local labelled = deployment.fromContext(context { pod+: { labels: { tier: 'web', app: 'other' } } });

std.assertEqual(labelled.metadata.labels, labels) &&
std.assertEqual(labelled.spec.selector.matchLabels, context.selector) &&
std.assertEqual(labelled.spec.template.metadata.labels, labels { tier: 'web', app: 'other' }) &&

std.assertEqual(
  deployment.fromContext(context { pod+: { annotations: { a: 'b' } } }).spec.template.metadata.annotations,
  { a: 'b' },
) &&

std.assertEqual(
  deployment.fromContext(context { auth: 'greet-auth/key' }).metadata.annotations,
  { 'lading.dev/auth-key': 'greet-auth/key' },
) &&

std.assertEqual(
  std.objectFields(deployment.podSpec(context {
    service_account_name: 'runner',
    pod+: {
      additional: { priorityClassName: 'high' },
      affinity: { podAffinity: {} },
      host_ipc: true,
      image_pull_secrets: [{ name: 'regcred' }],
      node_selector: { gpu: 'true' },
      scheduler_name: 'volcano',
      tolerations: [{ operator: 'Exists' }],
      volumes: [{ name: 'data', emptyDir: {} }],
    },
  })),
  [
    'affinity',
    'containers',
    'hostIPC',
    'imagePullSecrets',
    'nodeSelector',
    'priorityClassName',
    'schedulerName',
    'serviceAccountName',
    'tolerations',
    'volumes',
  ],
)
