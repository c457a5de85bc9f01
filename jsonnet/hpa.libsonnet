// The HorizontalPodAutoscaler of a deployment whose replicas follow its load.
local metadata = import 'metadata.libsonnet';

{
  local hpa = self,

  // new returns an autoscaler of the Deployment of the same name.
  new(name, namespace, min, max, labels={}):: {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: metadata.new(name, namespace, labels),
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: name },
      minReplicas: min,
      maxReplicas: max,
      metrics: error 'hpa: metrics are missing, add hpa.withUtilization(resource, percent)',
    },
  },

  // withUtilization keeps the use of a resource, as a percentage of what the
  // pods request, near a target.
  withUtilization(resource, percent):: {
    spec+: {
      metrics: [{
        type: 'Resource',
        resource: {
          name: resource,
          target: { type: 'Utilization', averageUtilization: percent },
        },
      }],
    },
  },

  // fromContext returns null where the number of replicas is fixed.
  fromContext(context)::
    local a = context.autoscaling;
    if a == null then null
    else
      hpa.new(context.name, context.namespace, a.min, a.max, metadata.labels(context))
      + hpa.withUtilization(a.metric, a.target),
}
