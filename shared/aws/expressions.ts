/**
 * Writes the expressions of DynamoDB: conditions, and changes of an item.
 *
 * Every name and every value becomes a placeholder, since many plain names are reserved words.
 */

/** The value of an attribute. DynamoDB has no empty set and no type for an instant. */
export type Value =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | ReadonlySet<string>
  | readonly Value[]
  | { readonly [name: string]: Value | undefined };

/** Attributes by name. An attribute that is `undefined` does not exist. */
export type Values = Readonly<Record<string, Value | undefined>>;

/** Collects the placeholders of one request. */
export const createPlaceholders = () => {
  const names: Record<string, string> = {};
  const values: Record<string, Value> = {};
  return {
    name: (attribute: string): string => {
      const placeholder = `#${Object.keys(names).length}`;
      names[placeholder] = attribute;
      return placeholder;
    },
    value: (value: Value): string => {
      const placeholder = `:${Object.keys(values).length}`;
      values[placeholder] = value;
      return placeholder;
    },
    /** Returns the attributes of the request. DynamoDB refuses an empty list of placeholders. */
    attributes: () => ({
      ...(Object.keys(names).length === 0 ? {} : { ExpressionAttributeNames: names }),
      ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
    }),
  };
};

type Placeholders = Pick<ReturnType<typeof createPlaceholders>, 'name' | 'value'>;

/** A condition on one item. It writes itself with the placeholders of a request. */
export type Condition = (placeholders: Placeholders) => string;

const comparison =
  (operator: string) =>
  (attribute: string, to: Value): Condition =>
  ({ name, value }) =>
    `${name(attribute)} ${operator} ${value(to)}`;

export const equals = comparison('=');
export const isLess = comparison('<');
export const isAtMost = comparison('<=');
export const isGreater = comparison('>');
export const isAtLeast = comparison('>=');

export const attributeExists =
  (attribute: string): Condition =>
  ({ name }) =>
    `attribute_exists(${name(attribute)})`;

export const attributeNotExists =
  (attribute: string): Condition =>
  ({ name }) =>
    `attribute_not_exists(${name(attribute)})`;

export const isOneOf =
  (attribute: string, options: readonly Value[]): Condition =>
  ({ name, value }) =>
    `${name(attribute)} IN (${options.map(value).join(', ')})`;

/** The attribute is in a range that includes both ends. */
export const isBetween =
  (attribute: string, from: Value, to: Value): Condition =>
  ({ name, value }) =>
    `${name(attribute)} BETWEEN ${value(from)} AND ${value(to)}`;

export const beginsWith =
  (attribute: string, prefix: string): Condition =>
  ({ name, value }) =>
    `begins_with(${name(attribute)}, ${value(prefix)})`;

/** The attribute is a set or a list that contains the member, or a text that contains it. */
export const contains =
  (attribute: string, member: Value): Condition =>
  ({ name, value }) =>
    `contains(${name(attribute)}, ${value(member)})`;

/** The attribute is a set or a list with fewer members, or a shorter text. */
export const sizeIsLess =
  (attribute: string, size: number): Condition =>
  ({ name, value }) =>
    `size(${name(attribute)}) < ${value(size)}`;

export const and =
  (...conditions: readonly Condition[]): Condition =>
  (placeholders) =>
    conditions.map((condition) => condition(placeholders)).join(' AND ');

/** Needs parentheses, since DynamoDB evaluates AND first. It refuses a redundant pair. */
export const or =
  (...conditions: readonly Condition[]): Condition =>
  (placeholders) => {
    const written = conditions.map((condition) => condition(placeholders)).join(' OR ');
    return conditions.length === 1 ? written : `(${written})`;
  };

/** Every attribute has the given value. */
export const equalsAll = (values: Values): Condition =>
  and(...defined(values).map(([attribute, value]) => equals(attribute, value)));

const defined = (values: Values): [name: string, value: Value][] =>
  Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));

/** A change of one item. An item that does not exist is created. */
export type Change = {
  /** Attributes to set. An attribute that is `undefined` keeps its value. */
  readonly set?: Values;
  /** Attributes to set if the item does not have them yet. */
  readonly setIfAbsent?: Values;
  /** Attributes to set to the value that another attribute had before the change. */
  readonly copy?: Readonly<Record<string, string>>;
  /** Elements to append to lists. */
  readonly append?: Readonly<Record<string, readonly Value[]>>;
  /** Numbers to add to numbers, where an absent one counts as 0, and members to add to sets. */
  readonly add?: Readonly<Record<string, number | ReadonlySet<string>>>;
  /** Attributes to remove. */
  readonly remove?: readonly string[];
};

/** Writes a change. */
export const updateExpression = (change: Change, { name, value }: Placeholders): string => {
  const set = [
    ...defined(change.set ?? {}).map(([attribute, to]) => `${name(attribute)} = ${value(to)}`),
    ...defined(change.setIfAbsent ?? {}).map(([attribute, to]) => {
      const placeholder = name(attribute);
      return `${placeholder} = if_not_exists(${placeholder}, ${value(to)})`;
    }),
    ...Object.entries(change.copy ?? {}).map(([attribute, from]) => `${name(attribute)} = ${name(from)}`),
    ...Object.entries(change.append ?? {}).map(([attribute, elements]) => {
      const placeholder = name(attribute);
      return `${placeholder} = list_append(if_not_exists(${placeholder}, ${value([])}), ${value(elements)})`;
    }),
  ];
  const add = Object.entries(change.add ?? {}).map(([attribute, by]) => `${name(attribute)} ${value(by)}`);
  const remove = (change.remove ?? []).map(name);
  return Object.entries({ SET: set, ADD: add, REMOVE: remove })
    .flatMap(([clause, parts]) => (parts.length === 0 ? [] : [`${clause} ${parts.join(', ')}`]))
    .join(' ');
};
