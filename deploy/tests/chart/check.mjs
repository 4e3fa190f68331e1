// node check.mjs PROGRAM CERTIFICATE KEY WORK FILE...: checks files of rendered objects by the schemas of kubernetes-models, by our
// rules, and by the program: it must take the configuration with the files beside it as the pod would have them.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { layOut, nameOf, read } from './objects.mjs';
import { askProgram } from './program.mjs';
import * as rules from './rules.mjs';

const [program, certificate, key, work, ...files] = process.argv.slice(2);
const tls = { 'tls.crt': fs.readFileSync(certificate, 'utf8'), 'tls.key': fs.readFileSync(key, 'utf8') };
const external = read(new URL('external.yaml', import.meta.url).pathname);
const groups = { 'cert-manager.io': '@kubernetes-models/cert-manager', 'monitoring.coreos.com': '@kubernetes-models/prometheus-operator' };
const asked = { paths: new Set(['/livez', '/readyz', '/metrics']), metrics: new Set() };

async function schema(object, say) {
  const [version, group] = object.apiVersion.split('/').reverse();
  const models = await import(group in groups ? `${groups[group]}/${group}/${version}` : `kubernetes-models/${[group, version].filter(Boolean).join('/')}`);
  const Model = models[object.kind];
  if (!Model) return say(`${nameOf(object)}: ${object.apiVersion} has no such kind`);
  try {
    new Model(object).validate();
  } catch (error) {
    say(`${nameOf(object)}: ${error.message}`);
  }
}

function testConfiguration(name, deployment, find, say) {
  const pod = deployment.spec.template.spec;
  const [container] = pod.containers;
  const mounted = container.volumeMounts.find(mount => mount.mountPath === '/etc/mailproxy');
  const laid = layOut(pod.volumes.find(volume => volume.name === mounted?.name), find, say);
  const directory = path.join(work, name);
  for (const [file, text] of laid) {
    const target = path.join(directory, file);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    // The name of an auth server must resolve when the configuration is read; those of a cluster do not resolve here.
    const here = text.replaceAll(`${mounted.mountPath}/`, `${directory}/`).replace(/(\bauth_http\s+https?:\/\/)[\w.-]+\.svc\.cluster\.local/g, '$1localhost');
    fs.writeFileSync(target, here);
  }
  const { status, stderr } = spawnSync(program, ['-t', '-q', '-p', directory, ...container.args], { encoding: 'utf8', timeout: 30_000 });
  if (status !== 0) say(`mailproxy -t: ${stderr.trim()}`);
  return laid.get('mailproxy.conf') ?? '';
}

async function check(file, say) {
  const objects = read(file);
  const names = objects.map(nameOf);
  names.filter((name, index) => names.indexOf(name) !== index).forEach(name => say(`${name} is there twice`));
  for (const object of objects) await schema(object, say);

  const made = objects.filter(object => object.kind === 'Certificate')
    .map(({ spec }) => ({ kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name: spec.secretName } }));
  const all = [...objects, ...made, ...external].map(object => (object.type === 'kubernetes.io/tls' ? { ...object, stringData: tls } : object));
  const find = (kind, name) => all.find(object => object.kind === kind && object.metadata.name === name);

  const [deployment] = objects.filter(object => object.kind === 'Deployment');
  const services = objects.filter(object => object.kind === 'Service');
  const { template } = deployment.spec;
  const pod = template.spec;
  const [container] = pod.containers;
  if (Object.entries(deployment.spec.selector.matchLabels).some(([label, value]) => template.metadata.labels[label] !== value)) say('the Deployment does not select its pods');
  const configuration = testConfiguration(path.basename(file, '.yaml'), deployment, find, say);
  rules.restricted(pod, say);
  rules.draining(pod, container, say);
  rules.selections(objects, deployment, rules.ports(container, services, template.metadata, configuration, say), services, say);
  rules.references(pod, find, say);
  rules.checksum(template, configuration, say);

  for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) asked.paths.add(probe.httpGet.path);
  for (const object of objects) {
    if (object.kind === 'ServiceMonitor') object.spec.endpoints.forEach(endpoint => asked.paths.add(endpoint.path));
    if (object.kind === 'HorizontalPodAutoscaler') object.spec.metrics.forEach(metric => metric.pods && asked.metrics.add(metric.pods.metric.name));
  }
  return objects.length;
}

let failed = 0;
async function report(name, run) {
  const problems = [];
  try {
    const count = await run(problem => problems.push(problem));
    if (problems.length === 0) console.log(`ok: ${name}${count ? `: ${count} objects` : ''}`);
  } catch (error) {
    problems.push(error.stack);
  }
  for (const problem of problems) console.log(`FAILED: ${name}: ${problem}`);
  failed += problems.length;
}

for (const file of files) await report(path.basename(file), say => check(file, say));
await report('the program answers what probes, Prometheus and the autoscaler ask', say => askProgram(program, work, asked, say));
process.exit(failed > 0 ? 1 : 0);
