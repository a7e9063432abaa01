import { describeFeedStates } from '../../support/feed-states-contract.ts';
import { memoryFeedStates } from '../../support/memory-feed-states.ts';

describeFeedStates('memory', memoryFeedStates);
