/**
 * The machine and cluster behind each registered target of a user interface, in the ledger table.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | the targets of a target group | `BINDING` | ARN of the group |
 */
import type { BindingRecords, OwnedTarget } from '../clusters/bindings.ts';
import { isFields } from '../fields.ts';
import { equals } from './expressions.ts';
import { optionalTextIn, textIn } from './item-attributes.ts';
import { createTable, type Item } from './table.ts';

const PARTITION = 'BINDING';

const isOwnedTarget = (value: unknown): value is OwnedTarget =>
  isFields(value) &&
  typeof value['id'] === 'string' &&
  typeof value['port'] === 'number' &&
  typeof value['clusterId'] === 'string' &&
  typeof value['instanceId'] === 'string';

const targetsOf = (item: Item): OwnedTarget[] => {
  const text = optionalTextIn(item, 'targets') ?? 'null';
  const targets: unknown = JSON.parse(text);
  if (!Array.isArray(targets) || !targets.every(isOwnedTarget)) {
    throw new Error(`The ledger has no usable targets of ${item['sk']}: ${text}`);
  }
  return targets;
};

/** Opens the part of the ledger that the bindings of user interfaces need. */
export const createBindingRecords = ({ tableName }: { readonly tableName: string }): BindingRecords => {
  const table = createTable({ tableName });

  return {
    read: async (signal) => {
      const items = await table.query({ keys: equals('pk', PARTITION) }, signal);
      return new Map(items.map((item) => [textIn(item, 'sk'), targetsOf(item)]));
    },

    write: async (groupArn, targets, signal) => {
      await table.put({ item: { pk: PARTITION, sk: groupArn, targets: JSON.stringify(targets) } }, signal);
    },
  };
};
