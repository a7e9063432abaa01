/** Settings that a function reads from its environment. */

/**
 * Reads the named variables.
 *
 * @returns a function that gives the value of each
 * @throws Error that lists every variable that is unset or blank, by name and never by value
 */
export const readEnvironment = <Name extends string>(
  environment: Readonly<Record<string, string | undefined>>,
  names: readonly Name[],
): ((name: Name) => string) => {
  const read = (name: Name): string => environment[name]?.trim() ?? '';
  const missing = names.filter((name) => read(name) === '');
  if (missing.length > 0) {
    throw new Error(`Environment variables not set: ${missing.join(', ')}`);
  }
  return read;
};
