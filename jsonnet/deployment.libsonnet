// The Deployment that runs the pipeline's server.
local container = import 'container.libsonnet';
local metadata = import 'metadata.libsonnet';

{
  local deployment = self,

  // new returns a Deployment of one container. The selector is what tells its
  // pods apart from all others; the pods' labels contain it.
  new(name, namespace, selector, podSpec, labels={}):: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata.new(name, namespace, labels),
    spec: {
      selector: { matchLabels: selector },
      template: {
        metadata: { labels: labels + selector },
        spec: podSpec,
      },
    },
  },

  withReplicas(replicas):: { spec+: { replicas: replicas } },
  withAnnotations(annotations):: { metadata+: { annotations+: annotations } },
  withPodLabels(labels):: { spec+: { template+: { metadata+: { labels+: labels } } } },
  withPodAnnotations(annotations):: { spec+: { template+: { metadata+: { annotations+: annotations } } } },
  withPodSpec(spec):: { spec+: { template+: { spec+: spec } } },
  withContainer(container):: deployment.withPodSpec({ containers+: [container] }),
  withInitContainer(container):: deployment.withPodSpec({ initContainers+: [container] }),
  withVolume(volume):: deployment.withPodSpec({ volumes+: [volume] }),

  // podSpec returns the pod that the settings ask for; fields of
  // additional_pod_spec_args come last and win.
  podSpec(context):: local pod = context.pod; {
    [if context.service_account_name != null then 'serviceAccountName']: context.service_account_name,
    [if pod.image_pull_secrets != null then 'imagePullSecrets']: pod.image_pull_secrets,
    [if pod.node_selector != null then 'nodeSelector']: pod.node_selector,
    [if pod.affinity != null then 'affinity']: pod.affinity,
    [if pod.tolerations != null then 'tolerations']: pod.tolerations,
    [if pod.scheduler_name != null then 'schedulerName']: pod.scheduler_name,
    [if pod.host_ipc then 'hostIPC']: true,
    containers: [container.fromContext(context)],
    [if pod.volumes != null then 'volumes']: pod.volumes,
  } + pod.additional,

  fromContext(context)::
    local pod = context.pod;
    deployment.new(
      context.name,
      context.namespace,
      context.selector,
      deployment.podSpec(context),
      metadata.labels(context),
    )
    + deployment.withReplicas(context.replicas)
    + (if context.auth != null then deployment.withAnnotations({ 'lading.dev/auth-key': context.auth }) else {})
    + (if pod.labels != null then deployment.withPodLabels(pod.labels) else {})
    + (if pod.annotations != null then deployment.withPodAnnotations(pod.annotations) else {}),
}
