/** The errors of DynamoDB that the suite understands, with items as DynamoDB sends them. */
import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Item } from '../../shared/aws/table.ts';

const itemIn = (item: Item | undefined) =>
  item === undefined ? {} : { Item: marshall(item, { removeUndefinedValues: true }) };

/** The condition of a write does not hold for an item, or the item does not exist. */
export const conditionFailed = (item?: Item): ConditionalCheckFailedException =>
  new ConditionalCheckFailedException({ $metadata: {}, message: 'The conditional request failed', ...itemIn(item) });

/** The reason for one write of a cancelled transaction: a code, perhaps with the item. */
export type Reason = string | { readonly Code?: string; readonly item?: Item };

/** A transaction was cancelled, with a reason for each of its writes. */
export const cancelled = (...reasons: readonly Reason[]): TransactionCanceledException =>
  new TransactionCanceledException({
    $metadata: {},
    message: 'Transaction cancelled',
    CancellationReasons: reasons.map((reason) =>
      typeof reason === 'string' ? { Code: reason } : { Code: reason.Code, ...itemIn(reason.item) },
    ),
  });

/** The reason of a write whose condition does not hold for an item. */
export const lost = (item?: Item): Reason => ({
  Code: 'ConditionalCheckFailed',
  ...(item === undefined ? {} : { item }),
});
