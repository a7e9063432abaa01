/** The runs of a feed, from the ledger table, as an operator asks for them. */
import { END_OF_RANGE, type RunsOf } from '../runs/run-listing.ts';
import { and, equals, isBetween } from './expressions.ts';
import { runOf } from './ledger-items.ts';
import { createTable } from './table.ts';

/** Each run of a page is then read from the table. */
const PAGE_SIZE = 50;

/** Makes the function that lists the runs of a feed. It rejects when the table did not answer. */
export const createRunListing = ({ tableName }: { readonly tableName: string }): RunsOf => {
  const table = createTable({ tableName });

  return async function* (feed, from, to, signal) {
    const keys = and(equals('feed', feed), isBetween('runAt', from, `${to}${END_OF_RANGE}`));
    for await (const page of table.queryPages({ index: 'runs', keys, pageSize: PAGE_SIZE }, signal)) {
      yield* (await table.getFound(page, signal)).map(runOf);
    }
  };
};
