import importX from 'eslint-plugin-import-x';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

/** Which rooms a room may import from; data flows one way (docs/architecture.md). Only agent.ts connects them all. */
const MAY_IMPORT = {
  lib: [],
  model: ['lib'],
  host: ['lib'],
  kernel: ['lib', 'model'],
  evidence: ['lib', 'model', 'kernel'],
  sources: ['lib', 'model', 'host'],
  'exit-codes': ['lib', 'model'],
  judge: ['lib', 'model', 'exit-codes'],
  correlate: ['lib', 'model', 'judge'],
  store: ['lib', 'model'],
  outputs: ['lib', 'model', 'host', 'store', 'exit-codes'],
  recording: ['lib', 'model', 'kernel'],
  kubectl: ['lib', 'model', 'outputs', 'commands'],
};

const zones = Object.entries(MAY_IMPORT).map(([room, allowed]) => ({
  target: `./src/${room}`,
  from: './src',
  except: [room, ...allowed].map((name) => `./${name}`),
  message: `${room}/ may import only: ${[room, ...allowed].join(', ')} (docs/architecture.md).`,
}));

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    settings: { 'import-x/extensions': ['.ts'] },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unsafe-type-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'import-x/no-cycle': 'error',
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 20],
    },
  },
  {
    // Every text here may be an attacker's: no pattern takes more than its line's length.
    files: ['src/**/*.ts'],
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'import-x/no-restricted-paths': ['error', { zones }],
      'no-restricted-globals': ['error', { name: 'fetch', message: 'Global fetch loads undici (about 10 MiB).' }],
    },
  },
  {
    // One clock, one file root, one process seam.
    files: ['src/{kernel,evidence,judge,correlate,model,exit-codes,store,outputs}/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Time is handed in, or comes from host/clock.ts.' },
        { object: 'process', property: 'env', message: 'Only commands/ reads the environment.' },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
