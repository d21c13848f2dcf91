// ringcast/player/stats: the overlay `<ringcast-stats>`. Importing it makes the element known to the page; on a
// server, where there is no page, it does nothing.

import { defineRingcastStats } from './ringcast-stats.ts';

export { defineRingcastStats, type RingcastStatsElement } from './ringcast-stats.ts';

defineRingcastStats();
