import { describeLedger } from '../../support/ledger-contract.ts';
import { createMemoryLedger } from '../../support/memory-ledger.ts';

describeLedger('memory', createMemoryLedger);
