/** Reads attributes of items of the ledger table. Each error names the item and the attribute. */
import type { Item } from './table.ts';

/** Makes the error for an attribute that the suite cannot use. */
export const unusable = (item: Item, name: string): Error =>
  new Error(`Ledger item ${item['pk']} ${item['sk']} has no usable ${name}`);

/** @throws Error when the attribute is not a text */
export const textIn = (item: Item, name: string): string => {
  const value = item[name];
  if (typeof value !== 'string') {
    throw unusable(item, name);
  }
  return value;
};

/** @throws Error when the attribute is not a number */
export const numberIn = (item: Item, name: string): number => {
  const value = item[name];
  if (typeof value !== 'number' || Number.isNaN(value)) {
    throw unusable(item, name);
  }
  return value;
};

/** @throws Error when the attribute is not an instant as text */
export const dateIn = (item: Item, name: string): Date => {
  const value = new Date(textIn(item, name));
  if (Number.isNaN(value.getTime())) {
    throw unusable(item, name);
  }
  return value;
};

/** Reads a text that may be missing. Anything else counts as missing. */
export const optionalTextIn = (item: Item, name: string): string | undefined => {
  const value = item[name];
  return typeof value === 'string' ? value : undefined;
};

/** Reads a set of texts. Anything else counts as an empty set. */
export const textsIn = (item: Item | undefined, name: string): Set<string> => {
  const value = item?.[name];
  return new Set(value instanceof Set ? [...value].filter((text) => typeof text === 'string') : []);
};

/** Reads a part of an item if an attribute exists. */
export const ifExists = <Part extends object>(item: Item, name: string, read: () => Part): Part | undefined =>
  item[name] === undefined ? undefined : read();
