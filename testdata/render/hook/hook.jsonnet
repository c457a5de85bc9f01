local pause = import 'lib/pause.libsonnet';

local isWanted(object) = object.metadata.name != 'not-wanted';

local rewrite(object) =
  if object.kind == 'Deployment'
  then object { spec+: { template+: { spec+: { containers: [pause(c) for c in super.containers] } } } }
  else object;

function(context, objects)
  std.map(rewrite, std.filter(isWanted, objects)) + [{
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: context.name + '-from-hook' },
    data: { kinds: std.join(' ', [object.kind for object in objects]) },
  }]
