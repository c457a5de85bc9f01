// What lading writes for a deployment, in the order of the stream. An entry
// whose object is null is left out. A file of the same name in
// custom_templates_dir, such as deployment.jsonnet, takes an entry's place.
local deployment = import 'deployment.libsonnet';
local hpa = import 'hpa.libsonnet';
local namespace = import 'namespace.libsonnet';
local service = import 'service.libsonnet';

function(context) [
  { template: 'namespace', object: namespace.fromContext(context) },
  { template: 'deployment', object: deployment.fromContext(context) },
  { template: 'service', object: service.fromContext(context) },
  { template: 'hpa', object: hpa.fromContext(context) },
]
