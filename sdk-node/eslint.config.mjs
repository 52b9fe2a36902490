/** Lint rules: everything typescript-eslint knows about correctness and style, with types. */

import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'build/', 'node_modules/', 'test/gen/', 'src/internal/generated/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Type imports stand in one line with the values that they come with.
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // An actor's state is its fields: a class without methods or with static members only is a declaration.
      '@typescript-eslint/no-extraneous-class': 'off',
      // Words of a typed array are there by construction; `as number` says so, and `!` stays forbidden.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      'max-lines': ['error', 400],
      'max-lines-per-function': ['error', 70],
    },
  },
  {
    files: ['test/**'],
    rules: {
      // A describe block holds many short tests.
      'max-lines-per-function': 'off',
      // node:test keeps the promises of its own tests.
      '@typescript-eslint/no-floating-promises': 'off',
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', performance: 'readonly', setTimeout: 'readonly' },
    },
  },
);
