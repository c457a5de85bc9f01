// No function: needs no context.
[{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'plain' }, nothing: null }]
