/**
 * The ledger table in memory, so that thousands of schedules run the real ledger.
 *
 * It evaluates the expressions of DynamoDB as far as the suite uses them; `test/local/ledger.test.ts` holds the same ledger to the same contract on
 * a real DynamoDB.
 */
import { type Condition, createPlaceholders, type Value, type Values } from '../../shared/aws/expressions.ts';
import type { Item, Key, Table } from '../../shared/aws/table.ts';

type Test = (item: Values, names: Readonly<Record<string, string>>, values: Readonly<Record<string, Value>>) => boolean;

const plain = (value: Value | undefined): string | number | boolean | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;

const COMPARISONS: Readonly<Record<string, (one: string | number | boolean, other: string | number | boolean) => boolean>> = {
  '=': (one, other) => one === other,
  '<': (one, other) => one < other,
  '<=': (one, other) => one <= other,
  '>': (one, other) => one > other,
  '>=': (one, other) => one >= other,
};

/** Compiles an expression whose names and values are placeholders. */
const compile = (expression: string): Test => {
  const tokens = expression.match(/[#:]\w+|\w+|[<>]=|[()=<>,]/g) ?? [];
  const take = (): string => tokens.shift() ?? '';

  const call = (name: string): Test => {
    take();
    const attribute = take();
    const argument = tokens[0] === ',' ? (take(), take()) : '';
    take();
    switch (name) {
      case 'attribute_exists':
        return (item, names) => item[names[attribute] ?? ''] !== undefined;
      case 'attribute_not_exists':
        return (item, names) => item[names[attribute] ?? ''] === undefined;
      case 'begins_with':
        return (item, names, values) => String(item[names[attribute] ?? ''] ?? '\0').startsWith(String(values[argument]));
      case 'contains':
        return (item, names, values) => {
          const whole = item[names[attribute] ?? ''];
          return whole instanceof Set && whole.has(values[argument]);
        };
      case 'size': {
        const [operator, limit] = [take(), take()];
        return (item, names, values) => {
          const whole = item[names[attribute] ?? ''];
          return whole instanceof Set && COMPARISONS[operator]!(whole.size, Number(values[limit]));
        };
      }
      default:
        throw new Error(`unknown function ${name}`);
    }
  };

  const comparison = (attribute: string): Test => {
    const operator = take();
    if (operator === 'IN') {
      take();
      const options: string[] = [];
      do options.push(take());
      while (take() === ',');
      return (item, names, values) => options.some((option) => values[option] === item[names[attribute] ?? '']);
    }
    if (operator === 'BETWEEN') {
      const [from, , to] = [take(), take(), take()];
      return (item, names, values) => {
        const [value, low, high] = [item[names[attribute] ?? ''], values[from], values[to]].map(plain);
        return value !== undefined && low !== undefined && high !== undefined && low <= value && value <= high;
      };
    }
    const operand = take();
    return (item, names, values) => {
      const [one, other] = [plain(item[names[attribute] ?? '']), plain(values[operand])];
      return one !== undefined && other !== undefined && COMPARISONS[operator]!(one, other);
    };
  };

  const term = (): Test => {
    const token = take();
    if (token === '(') {
      const inside = any();
      take();
      return inside;
    }
    return token.startsWith('#') ? comparison(token) : call(token);
  };

  const all = (): Test => {
    const terms = [term()];
    while (tokens[0] === 'AND') {
      take();
      terms.push(term());
    }
    return (...args) => terms.every((one) => one(...args));
  };

  const any = (): Test => {
    const terms = [all()];
    while (tokens[0] === 'OR') {
      take();
      terms.push(all());
    }
    return (...args) => terms.some((one) => one(...args));
  };

  return any();
};

const compiled = new Map<string, Test>();

/** Makes a function that tells whether an item meets a condition. */
const testOf = (condition: Condition): ((item: Values) => boolean) => {
  const placeholders = createPlaceholders();
  const expression = condition(placeholders);
  const test = compiled.get(expression) ?? compile(expression);
  compiled.set(expression, test);
  const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = placeholders.attributes();
  return (item) => test(item, names, values);
};

/** The range key of each index, and of the table. */
const RANGES: Readonly<Record<string, string>> = { due: 'evaluateAt', candidates: 'candidateAt', runs: 'runAt' };

const idOf = ({ pk, sk }: Key): string => `${pk}\n${sk}`;

const defined = (item: Values): Item => Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined));

export type MemoryTable = Table & { readonly items: Map<string, Item> };

export const createMemoryTable = (): MemoryTable => {
  const items = new Map<string, Item>();

  const query: Table['query'] = async ({ keys, index, filter, limit = Number.POSITIVE_INFINITY }) => {
    const isWanted = testOf(keys);
    const isKept = filter === undefined ? () => true : testOf(filter);
    const range = index === undefined ? 'sk' : (RANGES[index] ?? 'pk');
    return [...items.values()]
      .filter((item) => isWanted(item) && item[range] !== undefined && isKept(item))
      .sort((one, other) => (String(one[range]) < String(other[range]) ? -1 : 1))
      .slice(0, limit);
  };

  const write = (key: Key, condition: Condition | undefined, after: (before: Item | undefined) => Item | undefined) => {
    const before = items.get(idOf(key));
    if (condition !== undefined && !testOf(condition)(before ?? {})) {
      return { kind: 'failed' as const, item: before };
    }
    const item = after(before);
    if (item === undefined) items.delete(idOf(key));
    else items.set(idOf(key), item);
    return { kind: 'written' as const, item, before };
  };

  return {
    items,
    get: async (key) => items.get(idOf(key)),
    getAll: async (keys) => keys.map((key) => items.get(idOf(key))).filter((item) => item !== undefined),
    getFound: async (page) =>
      page.map(({ pk, sk }) => items.get(idOf({ pk: String(pk), sk: String(sk) }))).filter((item) => item !== undefined),
    query,
    queryPages: async function* (wanted, signal) {
      yield await query(wanted, signal);
    },
    put: async ({ item, condition }) => write(item, condition, () => defined(item)),
    update: async ({ key, change, condition, returning }) => {
      const written = write(key, condition, (before = { ...key }) => {
        const after: Record<string, Value | undefined> = { ...before };
        for (const [name, value] of Object.entries(change.setIfAbsent ?? {})) after[name] ??= value;
        for (const [name, value] of Object.entries(change.set ?? {})) if (value !== undefined) after[name] = value;
        for (const [name, from] of Object.entries(change.copy ?? {})) after[name] = before[from];
        for (const [name, by] of Object.entries(change.add ?? {})) {
          const old = after[name];
          after[name] = typeof by === 'number' ? Number(old ?? 0) + by : new Set([...(old instanceof Set ? old : []), ...by]);
        }
        for (const name of change.remove ?? []) delete after[name];
        return defined(after);
      });
      return written.kind === 'written' && returning !== 'ALL_NEW'
        ? { kind: 'written', item: returning === 'ALL_OLD' ? written.before : undefined }
        : written;
    },
    delete: async ({ key, condition }) => {
      const written = write(key, condition, () => undefined);
      return written.kind === 'written' ? { kind: 'written', item: written.before } : written;
    },
    transact: async () => {
      throw new Error('the ledger makes no transactions');
    },
  };
};
