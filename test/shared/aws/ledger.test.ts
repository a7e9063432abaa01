import { describeLedger } from '../../support/ledger-contract.ts';
import { createMemoryTable } from '../../support/memory-table.ts';

const table = createMemoryTable();

describeLedger('a table in memory', () => table);
