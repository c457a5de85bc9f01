// The Namespace that a deployment runs in. Deployments share it, so it bears
// nothing that differs between them.
{
  local namespace = self,

  new(name):: {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: name },
  },

  withLabels(labels):: { metadata+: { labels+: labels } },

  // fromContext returns null where another team owns the Namespace.
  fromContext(context)::
    if context.manage_namespace
    then namespace.new(context.namespace) + namespace.withLabels(context.namespace_labels)
    else null,
}
