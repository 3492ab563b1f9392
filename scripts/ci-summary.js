// Sums the vitest reports given (JSON) and prints one line: `N passed, N failed` and, where tests were skipped,
// `, N skipped`. A report that is missing, a file that could not be loaded and an error outside of tests count as one
// failure each; `--failed N` adds what failed besides (lint, types). Ends with status 1 where anything failed.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({ options: { failed: { type: 'string', default: '0' } }, allowPositionals: true });
const sum = { passed: 0, failed: Number(values.failed), skipped: 0 };

for (const path of positionals) {
  let report;
  try {
    report = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    process.stderr.write(`no report ${path}: ${error.message}\n`);
    sum.failed += 1;
    continue;
  }
  const unloaded = report.testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0).length;
  const failed = report.numFailedTests + unloaded;
  sum.passed += report.numPassedTests;
  sum.skipped += report.numPendingTests + report.numTodoTests;
  sum.failed += failed > 0 || report.success ? failed : 1;
}

const { passed, failed, skipped } = sum;
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exit(failed > 0 ? 1 : 0);
