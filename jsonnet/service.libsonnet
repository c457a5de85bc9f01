// The Service in front of the pods.
local metadata = import 'metadata.libsonnet';

{
  local service = self,

  // new returns a Service with one TCP port called http. The selector is what
  // tells the pods apart from all others.
  new(name, namespace, port, selector, labels={}):: {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata.new(name, namespace, labels),
    spec: {
      type: 'ClusterIP',
      selector: selector,
      ports: [{ name: 'http', port: port, targetPort: port, protocol: 'TCP' }],
    },
  },

  withType(type):: { spec+: { type: type } },
  withAnnotations(annotations):: { metadata+: { annotations+: annotations } },

  fromContext(context)::
    service.new(
      context.name,
      context.namespace,
      context.service_port,
      context.selector,
      metadata.labels(context),
    )
    + service.withType(context.service_type),
}
