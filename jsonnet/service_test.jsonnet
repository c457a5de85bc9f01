local service = import 'service.libsonnet';
local context = import 'testdata/context.libsonnet';

std.assertEqual(service.fromContext(context { service_type: 'NodePort', service_port: 9000 }), {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name: 'zenml-3f2a9c1e',
    namespace: 'production',
    labels: { app: 'zenml-3f2a9c1e' } + context.labels,
  },
  spec: {
    type: 'NodePort',
    selector: context.selector,
    ports: [{ name: 'http', port: 9000, targetPort: 9000, protocol: 'TCP' }],
  },
}) &&

std.assertEqual(
  (service.new('web', 'prod', 80, { app: 'web' }) + service.withAnnotations({ a: 'b' })).metadata,
  { name: 'web', namespace: 'prod', annotations: { a: 'b' } },
)
