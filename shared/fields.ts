/** Reads JSON from outside field by field. */

export type Fields = Readonly<Record<string, unknown>>;

const MAX_SHOWN = 100;

/** Writes a value for an error, shortened. */
export const shown = (value: unknown): string => (JSON.stringify(value) ?? 'undefined').slice(0, MAX_SHOWN);

/** Returns whether a value is a JSON object. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads a required object.
 *
 * @throws Error that names the path and the value
 */
export const fieldsAt = (value: unknown, path: string): Fields => {
  if (!isFields(value)) {
    throw new Error(`Event field ${path} is not an object: ${shown(value)}`);
  }
  return value;
};

/**
 * Reads a required text.
 *
 * @throws Error that names the path and the value
 */
export const textAt = (value: unknown, path: string): string => {
  if (typeof value !== 'string' || value === '') {
    throw new Error(`Event field ${path} is not a text: ${shown(value)}`);
  }
  return value;
};

/** Reads an optional text. */
export const optionalText = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Reads an optional number. */
export const optionalNumber = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

/** Reads an optional object; a missing one is empty. */
export const optionalFields = (value: unknown): Fields => (isFields(value) ? value : {});

/**
 * Reads an optional list of objects; a missing list is empty, and so is an item that is not an
 * object.
 */
export const listOfFields = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(optionalFields) : []);
