local main = import 'main.jsonnet';
local context = import 'testdata/context.libsonnet';

local kinds(context) = [
  [entry.template, if entry.object == null then null else entry.object.kind]
  for entry in main(context)
];

std.assertEqual(kinds(context), [
  ['namespace', 'Namespace'],
  ['deployment', 'Deployment'],
  ['service', 'Service'],
  ['hpa', null],
]) &&

std.assertEqual(kinds(context {
  manage_namespace: false,
  autoscaling: { metric: 'cpu', min: 1, max: 5, target: 80 },
}), [
  ['namespace', null],
  ['deployment', 'Deployment'],
  ['service', 'Service'],
  ['hpa', 'HorizontalPodAutoscaler'],
])
