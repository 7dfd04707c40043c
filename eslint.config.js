import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import lit from 'eslint-plugin-lit';
import litA11y from 'eslint-plugin-lit-a11y';
import wc from 'eslint-plugin-wc';
import tseslint from 'typescript-eslint';
import { noLiteralText } from './scripts/eslint/no-literal-text.js';

/** Only these folders may touch the page; everything else also runs in the worker. */
const PAGE_FOLDERS = ['src/ui/**', 'src/main.ts', 'e2e/**', 'scripts/**'];

export default tseslint.config(
  { ignores: ['dist', 'public', 'e2e/fixtures', '.cache', 'test-results', '.dependency-cruiser.cjs'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: PAGE_FOLDERS,
    rules: { 'no-restricted-globals': ['error', 'window', 'document', 'localStorage'] },
  },
  {
    files: ['src/ui/**/*.ts'],
    ...lit.configs['flat/recommended'],
  },
  { files: ['src/ui/**/*.ts'], ...wc.configs['flat/best-practice'] },
  { files: ['src/ui/**/*.ts'], plugins: { 'lit-a11y': litA11y }, rules: litA11y.configs.recommended.rules },
  {
    files: ['src/ui/**/*.ts'],
    plugins: { emulsion: { rules: { 'no-literal-text': noLiteralText } } },
    rules: { 'emulsion/no-literal-text': 'error' },
  },
  {
    // Playwright hands a test its fixtures only when it takes them apart, even when it wants none.
    files: ['e2e/**/*.ts'],
    rules: { 'no-empty-pattern': ['error', { allowObjectPatternsAsParameters: true }] },
  },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
  prettier,
);
