/** Settings that a function reads from its environment. */

type Texts = Readonly<Record<string, string>>;

/**
 * Reads environment variables.
 *
 * @param variables - the name of the variable of each setting: `{ ledgerTable: 'LEDGER_TABLE' }`
 * @returns the value of each setting, without blanks around it
 * @throws Error that lists every variable that is unset or blank, by name and never by value
 */
export function readEnvironment<Setting extends string>(
  variables: Readonly<Record<Setting, string>>,
  environment?: Readonly<Record<string, string | undefined>>,
): Readonly<Record<Setting, string>>;
export function readEnvironment(variables: Texts, environment: Partial<Texts> = process.env): Texts {
  const names = Object.entries(variables);
  const read = (variable: string): string => environment[variable]?.trim() ?? '';

  const missing = names.filter(([, variable]) => read(variable) === '');
  if (missing.length > 0) {
    throw new Error(`Environment variables not set: ${missing.map(([, variable]) => variable).join(', ')}`);
  }
  return Object.fromEntries(names.map(([setting, variable]) => [setting, read(variable)]));
}
