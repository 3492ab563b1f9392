// The licences of the packages that files below node_modules/ belong to, as one text.
import { readdir, readFile } from 'node:fs/promises';

const PACKAGE = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;
const LICENCE = /^(?:licen[cs]e|notice|copying)/i;

export async function licencesOf(files) {
  const packages = new Set(files.map((file) => PACKAGE.exec(file)?.[1]).filter(Boolean));
  const texts = await Promise.all([...packages].sort().map(licenceOf));
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

async function licenceOf(dir) {
  const { name, version, license } = JSON.parse(await readFile(`${dir}/package.json`, 'utf8'));
  const files = (await readdir(dir)).filter((file) => LICENCE.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(`${dir}/${file}`, 'utf8')));
  return [`${name} ${version} (${license})\n`, ...texts].join('\n');
}
