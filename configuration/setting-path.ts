/** Describes the path of a value in the configuration in the words of a user. */

/** Words for the entries of lists and maps, where the name of the field does not fit. */
const ENTRY_WORDS: Readonly<Record<string, string>> = {
  feeds: 'feed',
  slots: 'slot',
  calendars: 'calendar',
  weekdays: 'weekdays entry',
  holidays: 'holidays entry',
  values: 'values of',
  parameters: 'parameter',
  environment: 'environment variable',
  tags: 'tag',
  command: 'command argument',
  outputs: 'output',
  evaluateOnExit: 'evaluateOnExit rule',
  count: 'count entry',
  clusters: 'cluster',
  clusterMetrics: 'clusterMetrics entry',
  nodeMetrics: 'nodeMetrics entry',
  agentMetrics: 'agentMetrics entry',
  define: 'define',
  subnets: 'subnet',
  admit: 'admit entry',
  certificates: 'certificate',
  tell: 'tell entry',
  logGroups: 'logGroups entry',
};

const propertyOf = (value: unknown, key: PropertyKey): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;

/** Reads the value at a path from data of any shape; `undefined` without one. */
export const valueAt = (data: unknown, path: readonly PropertyKey[]): unknown => path.reduce(propertyOf, data);

const entryName = (entry: unknown, key: PropertyKey): string => {
  const name = propertyOf(entry, 'name');
  if (typeof name === 'string' && name !== '') {
    return name;
  }
  return typeof key === 'number' ? String(key + 1) : String(key);
};

/**
 * Describes a path: `feed northwind-sales, slot orders, min`.
 *
 * An entry of a list has its `name`, or else its number, from 1.
 */
export const describePlace = (data: unknown, path: readonly PropertyKey[]): string => {
  const words: string[] = [];
  for (let index = 0; index < path.length; index += 1) {
    const field = String(path[index]);
    const entry = path[index + 1];
    const word = ENTRY_WORDS[field];
    if (word !== undefined && entry !== undefined) {
      words.push(`${word} ${entryName(valueAt(data, path.slice(0, index + 2)), entry)}`);
      index += 1;
    } else if (field !== 'batch' || entry === undefined) {
      words.push(field);
    }
  }
  return words.join(', ') || 'configuration';
};
