// The metadata that namespaced objects of a deployment share.
{
  new(name, namespace, labels={}):: {
    name: name,
    namespace: namespace,
    [if labels != {} then 'labels']: labels,
  },

  // labels are what the Deployment, its pods and the Service bear: the label
  // app, then the labels of the deployment over it.
  labels(context):: { app: context.name } + context.labels,
}
