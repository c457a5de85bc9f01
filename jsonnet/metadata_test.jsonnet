local metadata = import 'metadata.libsonnet';
local context = import 'testdata/context.libsonnet';

std.assertEqual(metadata.new('web', 'prod'), { name: 'web', namespace: 'prod' }) &&
std.assertEqual(metadata.new('web', 'prod', { a: 'b' }).labels, { a: 'b' }) &&

// The user may choose another app label; it is in no selector.
std.assertEqual(metadata.labels(context).app, 'zenml-3f2a9c1e') &&
std.assertEqual(metadata.labels(context { labels+: { app: 'greet' } }).app, 'greet')
