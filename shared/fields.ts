/** Reads JSON from outside, field by field. */

export type Fields = Readonly<Record<string, unknown>>;

const MAX_SHOWN = 100;

/** Shows a value in an error. */
export const shown = (value: unknown): string => (JSON.stringify(value) ?? 'undefined').slice(0, MAX_SHOWN);

/** Tells whether a value is a JSON object. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads an object that has to be there.
 *
 * @throws Error that names the path and what is there
 */
export const fieldsAt = (value: unknown, path: string): Fields => {
  if (!isFields(value)) {
    throw new Error(`Event field ${path} is not an object: ${shown(value)}`);
  }
  return value;
};

/**
 * Reads a text that has to be there.
 *
 * @throws Error that names the path and what is there
 */
export const textAt = (value: unknown, path: string): string => {
  if (typeof value !== 'string' || value === '') {
    throw new Error(`Event field ${path} is not a text: ${shown(value)}`);
  }
  return value;
};

/** Reads a text that may be missing. */
export const optionalText = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Reads a number that may be missing. */
export const optionalNumber = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

/** Reads an object that may be missing as an empty one. */
export const optionalFields = (value: unknown): Fields => (isFields(value) ? value : {});

/** Reads a list that may be missing as an empty one; what is no object in it counts as empty too. */
export const listOfFields = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(optionalFields) : []);
