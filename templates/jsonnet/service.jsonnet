// The Service as lading writes it, to begin a template of your own with. What
// you change is added to it; docs/templates.md lists the context and the
// library. Annotations for a load balancer, and a field that the library has no
// word for:
//
//   service.fromContext(context)
//   + service.withAnnotations({ 'service.kubernetes.io/topology-mode': 'Auto' })
//   + { spec+: { sessionAffinity: 'ClientIP' } }
local service = import 'lading/service.libsonnet';

function(context)
  service.fromContext(context)
