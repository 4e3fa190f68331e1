// Objects of Kubernetes out of YAML files, and what one says about another.
import fs from 'node:fs';
import YAML from 'yaml';

/** The objects of one file, as a YAML parser that forgives nothing reads them. */
export function read(file) {
  const objects = [];
  for (const document of YAML.parseAllDocuments(fs.readFileSync(file, 'utf8'), { strict: true, uniqueKeys: true })) {
    if (document.errors.length > 0) throw new Error(`${file}: ${document.errors[0].message}`);
    const object = document.toJS();
    if (object) objects.push(object);
  }
  return objects;
}

export const nameOf = object => `${object.kind}/${object.metadata?.name}`;

/** Whether a label selector, of which the chart uses matchLabels only, selects these labels. It must not select everything. */
export function selects(selector, labels = {}) {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

/** nginx's times, as far as the chart writes them: seconds. */
export function seconds(directive, text) {
  const match = new RegExp(`\\b${directive} (\\d+)s;`).exec(text);
  return match ? Number(match[1]) : null;
}

/** The files that the kubelet would lay into a projected volume, from path to content, and what is wrong with it. */
export function layOut(volume, find, say) {
  const files = new Map();
  for (const source of volume.projected.sources) {
    const [kind, reference] = source.configMap ? ['ConfigMap', source.configMap] : ['Secret', source.secret];
    const object = find(kind, reference.name);
    if (!object) {
      say(`volume ${volume.name}: there is no ${kind}/${reference.name}`);
      continue;
    }
    const data = { ...object.data, ...object.stringData };
    for (const { key, path } of reference.items ?? Object.keys(data).map(name => ({ key: name, path: name }))) {
      if (!(key in data)) say(`volume ${volume.name}: ${nameOf(object)} has no key ${key}`);
      if (files.has(path)) say(`volume ${volume.name}: two sources have ${path}`);
      files.set(path, data[key] ?? '');
    }
  }
  return files;
}
