local hpa = import 'hpa.libsonnet';
local context = import 'testdata/context.libsonnet';

std.assertEqual(hpa.fromContext(context), null) &&

std.assertEqual(
  hpa.fromContext(context { autoscaling: { metric: 'memory', min: 1, max: 5, target: 70 } }).spec,
  {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'zenml-3f2a9c1e' },
    minReplicas: 1,
    maxReplicas: 5,
    metrics: [{
      type: 'Resource',
      resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 70 } },
    }],
  },
)
