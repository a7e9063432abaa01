/** Where in the configuration something stands, in the words of the person who wrote it. */

/** Words for the lists and maps whose entries a user knows by another name than that of the field. */
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

/** Takes the value at a path out of data of any shape; `undefined` where there is none. */
export const valueAt = (data: unknown, path: readonly PropertyKey[]): unknown => path.reduce(propertyOf, data);

const entryName = (entry: unknown, key: PropertyKey): string => {
  const name = propertyOf(entry, 'name');
  if (typeof name === 'string' && name !== '') {
    return name;
  }
  return typeof key === 'number' ? String(key + 1) : String(key);
};

/**
 * Words a path: `feed northwind-sales, slot orders, min`.
 *
 * An entry of a list is told by its `name`, or else by its number, from 1.
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
