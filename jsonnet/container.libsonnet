// The container that serves the pipeline.
{
  local container = self,

  new(name, image):: { name: name, image: image },

  withPullPolicy(policy):: { imagePullPolicy: policy },
  withCommand(command):: { command: command },
  withArgs(args):: { args: args },
  withEnv(env):: { env: env },
  withEnvFrom(sources):: { envFrom: sources },
  withPort(port, name='http'):: { ports: [{ name: name, containerPort: port }] },
  withResources(resources):: { resources: resources },
  withReadinessProbe(probe):: { readinessProbe: probe },
  withLivenessProbe(probe):: { livenessProbe: probe },
  withVolumeMounts(mounts):: { volumeMounts: mounts },
  withSecurityContext(context):: { securityContext: context },

  // httpProbe returns a probe that asks a path of the container over HTTP.
  httpProbe(path, port, initialDelay, period, timeout, failureThreshold):: {
    httpGet: { path: path, port: port },
    initialDelaySeconds: initialDelay,
    periodSeconds: period,
    timeoutSeconds: timeout,
    failureThreshold: failureThreshold,
  },

  // fromContext returns the container called main. Every field stands in one
  // object, and not in a chain of patches, since each patch makes reading each
  // field dearer.
  fromContext(context)::
    local pod = context.pod;
    {
      name: 'main',
      image: context.image,
      imagePullPolicy: context.image_pull_policy,
      [if context.command != null then 'command']: context.command,
      [if context.args != null then 'args']: context.args,
      ports: [{ name: 'http', containerPort: context.service_port }],
      [if pod.env != null then 'env']: pod.env,
      [if pod.env_from != null then 'envFrom']: pod.env_from,
      [if context.resources != null then 'resources']: context.resources,
      readinessProbe: container.httpProbe(
        context.readiness_probe_path,
        context.probe_port,
        context.readiness_probe_initial_delay,
        context.readiness_probe_period,
        context.readiness_probe_timeout,
        context.readiness_probe_failure_threshold,
      ),
      livenessProbe: container.httpProbe(
        context.liveness_probe_path,
        context.probe_port,
        context.liveness_probe_initial_delay,
        context.liveness_probe_period,
        context.liveness_probe_timeout,
        context.liveness_probe_failure_threshold,
      ),
      [if pod.volume_mounts != null then 'volumeMounts']: pod.volume_mounts,
      [if pod.security_context != null then 'securityContext']: pod.security_context,
    },
}
