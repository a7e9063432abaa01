import { feedsOf } from './feeds.ts';

export default feedsOf(2);
