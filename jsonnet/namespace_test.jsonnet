local namespace = import 'namespace.libsonnet';
local context = import 'testdata/context.libsonnet';

std.assertEqual(namespace.fromContext(context), {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'production', labels: { 'managed-by': 'zenml' } },
}) &&

std.assertEqual(namespace.fromContext(context { manage_namespace: false }), null)
