// Runs the program on unix sockets, so that no port is taken, and asks its HTTP side.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

function get(socketPath, target) {
  return new Promise((resolve, reject) => {
    http.get({ socketPath, path: target, timeout: 5_000 }, async answer => {
      let text = '';
      for await (const part of answer.setEncoding('utf8')) text += part;
      resolve({ status: answer.statusCode, text });
    }).on('error', reject).on('timeout', function () { this.destroy(new Error(`${target}: no answer`)); });
  });
}

/** Every path must be answered with 200, and /metrics must have every metric. */
export async function askProgram(program, work, { paths, metrics }, say) {
  const directory = fs.mkdtempSync(path.join(work, 'run-'));
  const socket = path.join(directory, 'http');
  fs.writeFileSync(path.join(directory, 'mailproxy.conf'), `events { } mail { server { listen unix:${directory}/imap; protocol imap; proxy_pass 127.0.0.1:143; } }\n`);
  const child = spawn(program, ['-p', directory], { env: { ...process.env, ASPNETCORE_URLS: `http://unix:${socket}` }, stdio: ['ignore', 'ignore', 'inherit'] });
  const exited = once(child, 'exit');
  try {
    const deadline = Date.now() + 30_000;
    while (!(await get(socket, '/livez').catch(() => null))) {
      if (Date.now() > deadline || child.exitCode !== null) throw new Error('the program does not start');
      await wait(50);
    }
    for (const target of paths) {
      const { status } = await get(socket, target);
      if (status !== 200) say(`${target} is answered with ${status}`);
    }
    const { text } = await get(socket, '/metrics');
    for (const metric of metrics) if (!text.includes(`# TYPE ${metric} gauge`)) say(`/metrics has no gauge ${metric}`);
  } finally {
    child.kill('SIGINT');
    await exited;
  }
}
