// The demo's page: asks for the status once a second and shows it; plays through the agents of the chosen region.

import type { Status } from '../status.ts';
import { AgentList } from './agent-list.ts';
import { Choice } from './choice.ts';
import { distancesFrom } from './distance.ts';
import { byId } from './element.ts';
import { Player } from './player.ts';
import { RingMap } from './ring-map.ts';
import { Tiles } from './tiles.ts';

const EVERY_MS = 1_000;

const STREAMS = { live: 'Live', vod: 'Video on demand' };

const up = byId('up');
const tiles = new Tiles(byId('tiles'));
const map = new RingMap(byId('rings'));
const agents = new AgentList(byId('agents'), (agent, action) => void press(agent, action));
const player = new Player(
  { video: byId('video') as HTMLVideoElement, into: byId('playing') },
  (load) => {
    const agent = status?.agents.find(({ url }) => url !== undefined && url === load.agent);
    if (agent) map.beam(agent.index);
  },
  (url) => status?.agents.find((agent) => agent.url === url)?.city,
);

let status: Status | undefined;
let stream: Choice | undefined;
let region: Choice | undefined;

setInterval(() => void refresh(), EVERY_MS);
void refresh();

async function refresh(): Promise<void> {
  try {
    const response = await fetch('/api/status');
    if (response.ok) show((await response.json()) as Status);
    else up.textContent = 'starting';
  } catch {
    up.textContent = 'the demo has stopped';
    up.classList.add('lost');
  }
}

function show(fresh: Status): void {
  status = fresh;
  const running = fresh.agents.filter((agent) => agent.state === 'running').length;
  up.textContent = `${running} of ${fresh.agents.length} agents, up ${Math.floor(fresh.upS)} s`;
  up.classList.remove('lost');
  tiles.show(fresh);
  map.show(fresh);
  agents.show(fresh);
  if (stream === undefined) begin(fresh);
  player.show();
}

function begin({ regions }: Status): void {
  stream = new Choice(byId('streams'), STREAMS, play);
  region = new Choice(byId('regions'), Object.fromEntries(regions.map(({ id, label }) => [id, label])), play);
  play();
}

function play(): void {
  if (status === undefined || stream === undefined || region === undefined) return;
  const { origin } = status;
  const place = region.chosen;
  map.stand(place);
  player.play({
    url: `${origin.url}/${stream.chosen}/master.m3u8`,
    originUrl: origin.url,
    agents: status.agents.flatMap((agent) =>
      agent.region === place && agent.url !== undefined ? [agent.url] : [],
    ),
    distances: distancesFrom(place, status.agents),
  });
}

async function press(agent: number, action: 'kill' | 'start'): Promise<void> {
  try {
    const response = await fetch(`/api/agents/${agent}/${action}`, { method: 'POST' });
    if (!response.ok) console.warn(await response.text());
  } finally {
    await refresh();
  }
}
