// What must hold between the objects of one release, which no schema knows.
import { createHash } from 'node:crypto';
import { nameOf, seconds, selects } from './objects.mjs';

const volumeKinds = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'];

/** The Pod Security Standard "restricted", and no token and no writable root beside it. */
export function restricted(pod, say) {
  const context = pod.securityContext ?? {};
  if (pod.hostNetwork || pod.hostPID || pod.hostIPC) say('the pod uses namespaces of its node');
  if (context.runAsNonRoot !== true || context.runAsUser === 0) say('the pod may run as root');
  if (!['RuntimeDefault', 'Localhost'].includes(context.seccompProfile?.type)) say('the pod has no seccomp profile');
  if (context.sysctls || context.appArmorProfile || context.seLinuxOptions) say('the pod changes sysctls, AppArmor or SELinux');
  if (pod.automountServiceAccountToken !== false) say('the pod gets a token');
  for (const volume of pod.volumes ?? []) {
    const [kind] = Object.keys(volume).filter(key => key !== 'name');
    if (!volumeKinds.includes(kind)) say(`volume ${volume.name}: a pod may not have ${kind}`);
  }
  for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
    const own = container.securityContext ?? {};
    const capabilities = own.capabilities ?? {};
    if (own.privileged || own.procMount || own.runAsUser === 0 || own.runAsNonRoot === false) say(`${container.name} is privileged`);
    if (own.allowPrivilegeEscalation !== false) say(`${container.name} may get more privileges`);
    if (own.readOnlyRootFilesystem !== true) say(`${container.name} may write to its root file system`);
    if (!capabilities.drop?.includes('ALL') || capabilities.add) say(`${container.name} has capabilities`);
    if (container.ports?.some(port => port.hostPort)) say(`${container.name} takes ports of its node`);
    if (container.ports?.some(port => port.containerPort < 1024)) say(`${container.name} listens below 1024, which takes a capability`);
  }
}

/** Probes ask a port that exists; while a replica that ends still takes sessions they do not count it out; the drain ends in time. */
export function draining(pod, container, say) {
  const delay = seconds('worker_shutdown_delay', container.args.join(' '));
  const timeout = seconds('worker_shutdown_timeout', container.args.join(' '));
  if (delay === null || timeout === null) say('the program is not told how to drain');
  if (!(pod.terminationGracePeriodSeconds >= delay + timeout + 10)) say(`a grace period of ${pod.terminationGracePeriodSeconds} s is too short for a drain of ${delay + timeout} s`);
  for (const kind of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
    const probe = container[kind];
    if (!probe?.httpGet) say(`there is no ${kind}`);
    else if (probe.httpGet.port !== 'http') say(`${kind} asks port ${probe.httpGet.port}`);
  }
  const readiness = container.readinessProbe;
  if (readiness && readiness.periodSeconds * readiness.failureThreshold <= delay) say('the readiness probe fails before worker_shutdown_delay is over');
  // A group or a directory that is down is no reason to begin again.
  if (container.livenessProbe?.httpGet?.path !== '/livez' || container.startupProbe?.httpGet?.path !== '/livez') say('a restart depends on more than /livez');
}

/** The ports of the configuration, of the container and of the Services are the same ones. */
export function ports(container, services, pod, configuration, say) {
  const named = new Map(container.ports.map(port => [port.name, port.containerPort]));
  if (named.size !== container.ports.length || new Set(named.values()).size !== named.size) say('ports of the container have a name or a number twice');
  const listens = [...new Set([...configuration.matchAll(/\blisten\s+(?:\S+:)?(\d+)\b/g)].map(match => match[1]))].sort().join(' ');
  const mail = [...named].filter(([name]) => name !== 'http').map(([, number]) => String(number)).sort().join(' ');
  if (listens !== mail) say(`the configuration listens on ${listens}, the container has ${mail}`);
  const served = new Set();
  for (const service of services) {
    if (!selects(service.spec.selector, pod.labels)) say(`${nameOf(service)} selects no pod`);
    for (const port of service.spec.ports) {
      if (!named.has(port.targetPort)) say(`${nameOf(service)}: the container has no port ${port.targetPort}`);
      served.add(port.targetPort);
    }
    const { type, externalTrafficPolicy: policy, ports: exposed } = service.spec;
    if (type !== 'ClusterIP' && exposed.some(port => port.targetPort === 'http')) say(`${nameOf(service)} shows the HTTP side outside the cluster`);
    if (type !== 'ClusterIP' && policy !== 'Local' && !/\blisten\b[^;]*\bproxy_protocol\b/.test(configuration)) say(`${nameOf(service)} hides who the clients are`);
  }
  for (const name of named.keys()) if (!served.has(name)) say(`no Service leads to port ${name}`);
  return named;
}

/** What selects pods or names a Deployment must find one. */
export function selections(objects, deployment, named, services, say) {
  const { labels } = deployment.spec.template.metadata;
  const found = (kind, check) => objects.filter(object => object.kind === kind).forEach(check);
  found('PodDisruptionBudget', budget => {
    if (!selects(budget.spec.selector.matchLabels, labels)) say(`${nameOf(budget)} selects no pod`);
  });
  found('HorizontalPodAutoscaler', scaler => {
    const target = scaler.spec.scaleTargetRef;
    if (`${target.kind}/${target.name}` !== nameOf(deployment)) say(`${nameOf(scaler)} scales ${target.kind}/${target.name}`);
    if (deployment.spec.replicas !== undefined) say('replicas would undo what the autoscaler does');
    if (scaler.spec.metrics.some(metric => metric.resource?.name === 'cpu') && !deployment.spec.template.spec.containers[0].resources?.requests?.cpu) {
      say(`${nameOf(scaler)} needs a CPU request`);
    }
  });
  found('ServiceMonitor', monitor => {
    const scraped = services.filter(service => selects(monitor.spec.selector.matchLabels, service.metadata.labels));
    if (scraped.length !== 1) say(`${nameOf(monitor)} selects ${scraped.length} Services`);
    for (const endpoint of monitor.spec.endpoints) {
      if (!scraped.every(service => service.spec.ports.some(port => port.name === endpoint.port))) say(`${nameOf(monitor)}: no Service has port ${endpoint.port}`);
    }
  });
  found('NetworkPolicy', policy => {
    if (!selects(policy.spec.podSelector.matchLabels, labels)) say(`${nameOf(policy)} selects no pod`);
    const open = policy.spec.ingress.flatMap(rule => rule.ports.map(port => [port.port, rule.from]));
    for (const [port, from] of open) {
      if (!named.has(port)) say(`${nameOf(policy)}: the container has no port ${port}`);
      if (port === 'http' && !from?.length) say(`${nameOf(policy)} lets everybody at the HTTP side`);
    }
    for (const name of named.keys()) if (name !== 'http' && !open.some(([port]) => port === name)) say(`${nameOf(policy)} closes ${name}`);
    if (!policy.spec.egress.some(rule => rule.ports?.some(port => port.port === 53 && port.protocol === 'UDP'))) say(`${nameOf(policy)} closes DNS`);
  });
  for (const term of deployment.spec.template.spec.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
    if (!selects(term.podAffinityTerm.labelSelector.matchLabels, labels)) say('the anti-affinity selects no pod');
  }
  for (const spread of deployment.spec.template.spec.topologySpreadConstraints ?? []) {
    if (!selects(spread.labelSelector.matchLabels, labels)) say('a topology spread selects no pod');
  }
}

/** Whoever is referred to is there. */
export function references(pod, find, say) {
  const account = pod.serviceAccountName;
  if (account !== 'default' && find('ServiceAccount', account)?.automountServiceAccountToken !== false) say(`there is no ServiceAccount/${account} without a token`);
  for (const { name } of pod.imagePullSecrets ?? []) if (!find('Secret', name)) say(`there is no Secret/${name}`);
  for (const { name } of pod.containers[0].volumeMounts) if (!pod.volumes.some(volume => volume.name === name)) say(`there is no volume ${name}`);
}

/** A changed configuration makes other pods. */
export function checksum(template, configuration, say) {
  const sums = [configuration, configuration.replace(/\n$/, '')].map(text => createHash('sha256').update(text).digest('hex'));
  if (!sums.includes(template.metadata.annotations['checksum/config'])) say('the checksum is not that of the configuration');
}
