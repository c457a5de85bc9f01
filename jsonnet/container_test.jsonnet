local container = import 'container.libsonnet';
local context = import 'testdata/context.libsonnet';

local probe = container.httpProbe('/ready', 8000, 1, 2, 3, 4);

std.assertEqual(
  container.new('web', 'nginx') + container.withPort(80) + container.withArgs(['-v']),
  { name: 'web', image: 'nginx', ports: [{ name: 'http', containerPort: 80 }], args: ['-v'] },
) &&

// What the settings leave open is not there at all.
std.assertEqual(container.fromContext(context), {
  name: 'main',
  image: 'registry.example.com/zenml:greet',
  imagePullPolicy: 'IfNotPresent',
  ports: [{ name: 'http', containerPort: 8000 }],
  readinessProbe: probe,
  livenessProbe: container.httpProbe('/live', 8000, 5, 6, 7, 8),
}) &&

std.assertEqual(probe, {
  httpGet: { path: '/ready', port: 8000 },
  initialDelaySeconds: 1,
  periodSeconds: 2,
  timeoutSeconds: 3,
  failureThreshold: 4,
}) &&

local full = container.fromContext(context {
  command: ['python'],
  args: ['-m', 'zenml'],
  resources: { requests: { cpu: '1' } },
  pod+: {
    env: [{ name: 'A', value: '1' }],
    env_from: [{ configMapRef: { name: 'shared' } }],
    volume_mounts: [{ name: 'data', mountPath: '/data' }],
    security_context: { runAsNonRoot: true },
  },
});

std.assertEqual(
  { [field]: full[field] for field in std.objectFields(full) if !std.objectHas(container.fromContext(context), field) },
  {
    command: ['python'],
    args: ['-m', 'zenml'],
    resources: { requests: { cpu: '1' } },
    env: [{ name: 'A', value: '1' }],
    envFrom: [{ configMapRef: { name: 'shared' } }],
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
    securityContext: { runAsNonRoot: true },
  },
)
