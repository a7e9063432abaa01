import { describeFailureNotes } from '../../support/failure-notes-contract.ts';
import { createMemoryFailureNotes } from '../../support/memory-failure-notes.ts';

describeFailureNotes('memory', createMemoryFailureNotes);
