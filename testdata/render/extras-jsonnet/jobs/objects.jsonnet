local service = import 'lading/service.libsonnet';
local names = import 'names.libsonnet';
local shared = import 'shared/labels.libsonnet';

function(context) {
  apiVersion: 'v1',
  kind: 'List',
  items: [
    service.new(names.internal(context), context.namespace, context.service_port, context.selector, shared.labels)
    + service.withAnnotations({ path: importstr 'path.txt' }),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'env' },
      data: { order: std.join(' ', ['%s=%s' % pair for pair in context.pairs.env]) },
    },
  ],
}
