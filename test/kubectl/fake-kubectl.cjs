#!/usr/bin/env node
// As much of kubectl as the plugin uses, so that the plugin is tested as a program where no kubectl is installed. The
// kubeconfig is JSON, which is YAML too.
const { readFileSync } = require('node:fs');
const { get } = require('node:http');
const { said } = require('./kubectl-words.cjs');

const args = process.argv.slice(2);
const words = args.filter((arg) => !/^--(?!raw|minify)/.test(arg));
const flag = (name) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);

function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

const config = JSON.parse(readFileSync(flag('kubeconfig') ?? process.env.KUBECONFIG, 'utf8'));
const name = flag('context') ?? config['current-context'];
const context = config.contexts.find((one) => one.name === name)?.context;
if (!context) fail(`error: context "${name}" does not exist`);

if (words.join(' ') === 'config view --minify') {
  process.stdout.write(context.namespace ?? '');
} else if (words[0] === 'get' && words[1] === '--raw') {
  const { server } = config.clusters.find((one) => one.name === context.cluster).cluster;
  const user = flag('as');
  const asked = get(`${server}${words[2]}`, { headers: user ? { 'Impersonate-User': user } : {} }, (response) => {
    const chunks = [];
    response.on('data', (chunk) => chunks.push(chunk));
    response.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      if (response.statusCode < 300) process.stdout.write(text);
      else fail(said(response.statusCode, response.headers['content-type'] === 'application/json' ? JSON.parse(text) : null));
    });
  });
  asked.on('error', () => fail(`The connection to the server ${new URL(server).host} was refused - did you specify the right host or port?`));
} else fail(`error: unknown command ${JSON.stringify(words)}`);
