local container = import 'lading/container.libsonnet';
local deployment = import 'lading/deployment.libsonnet';

function(context)
  deployment.fromContext(context)
  + deployment.withContainer(container.new('proxy', 'envoyproxy/envoy:v1.31'))
