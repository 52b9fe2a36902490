/**
 * Validators that speak Standard Schema (zod, valibot, arktype, ...), as forms of values.
 */

import { type StandardSchema } from '../schema.js';
import { type Form, Unfit } from './form.js';

/** A schema that can also encode (zod's codecs) converts; any other only checks. */
interface Codec {
  decode(value: unknown): unknown;
  encode(value: unknown): unknown;
}

function isCodec(schema: unknown): schema is Codec {
  const { decode, encode } = schema as Partial<Record<keyof Codec, unknown>>;
  return typeof decode === 'function' && typeof encode === 'function';
}

/** The form that a validator describes. */
export function schemaForm(schema: StandardSchema): Form {
  if (isCodec(schema)) {
    const guard = (convert: (value: unknown) => unknown): Form['read'] => {
      return (value, path) => {
        try {
          return convert(value);
        } catch (error) {
          throw new Unfit(issueText((error as { issues?: readonly Issue[] }).issues?.[0], path));
        }
      };
    };
    const read = guard((value) => schema.decode(value));
    return {
      isPlain: false,
      hasBigints: false,
      fits: undefined,
      read,
      write: guard((value) => schema.encode(value)),
    };
  }
  const check: Form['read'] = (value, path) => {
    const result = schema['~standard'].validate(value);
    if ('then' in result) {
      throw new Unfit(`${path}: the validator answers later, and a state is checked at once`);
    }
    if (result.issues !== undefined) {
      throw new Unfit(issueText(result.issues[0], path));
    }
    return value;
  };
  return { isPlain: true, hasBigints: false, fits: undefined, read: check, write: check };
}

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a validator complains about, with its place. */
export function issueText(issue: Issue | undefined, path: string): string {
  const steps = (issue?.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step));
  const place = [...(path === '' ? [] : [path]), ...steps].join('.');
  const message = issue?.message ?? 'it does not fit';
  return place === '' ? message : `${place}: ${message}`;
}

/** Whether a value is a validator of the Standard Schema kind. */
export function isStandard(schema: unknown): schema is StandardSchema {
  return (
    ((typeof schema === 'object' && schema !== null) || typeof schema === 'function') && '~standard' in schema
  );
}
