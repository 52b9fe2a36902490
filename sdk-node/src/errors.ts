/**
 * Every failure as a class, all under `EveractError`; the table is the core's, the same in every language.
 */

export * from './internal/generated/errors.js';
