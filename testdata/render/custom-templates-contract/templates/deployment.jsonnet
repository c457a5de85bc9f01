function(context) {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: context.name },
  spec: {
    selector: { matchLabels: context.selector },
    template: {
      metadata: { labels: context.labels },
      spec: { containers: [{ name: 'main', image: context.image }] },
    },
  },
}
