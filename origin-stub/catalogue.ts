// Which object a path names, at a moment: the answer is an object, a refusal, or the time at which to ask again (LL-HLS
// holds requests until the playlist or the hinted part exists). Synchronous and without timers; the server does the
// waiting. VOD objects are made at the first request for one and kept.

import { encryptSegment, initializationVector, key } from './aes.ts';
import { LiveStream } from './live-stream.ts';
import {
  type LiveShape,
  type LiveWindow,
  liveWindow,
  type Presence,
  partAtMs,
  partPresence,
  segmentPresence,
} from './live-window.ts';
import { deliveryOf, lowLatencyPlaylist } from './low-latency.ts';
import { framesPerSecond, type Ladder, type Rendition, segmentMs } from './media.ts';
import { livePlaylist, multivariantPlaylist, vodPlaylist } from './playlist.ts';
import { bufferResource, cacheControls, contentTypes, type Resource } from './resource.ts';
import { syntheticBytesMax, syntheticResource, syntheticSegmentsMax } from './synthetic.ts';

export type Found =
  | { readonly is: 'object'; readonly resource: Resource }
  | { readonly is: 'refused'; readonly status: 400 | 404; readonly reason: string }
  | { readonly is: 'later'; readonly atMs: number };

type Make = () => Resource;

export class Catalogue {
  readonly #shape: LiveShape;
  readonly #startMs: number;
  /** Everything that does not depend on time, by path; a made object replaces its maker. */
  readonly #fixed = new Map<string, Make | Resource>();
  readonly #live = new Map<string, LiveStream>();
  /** The newest text of each live playlist: [parts that existed, resource]. */
  readonly #playlists = new Map<string, { partCount: number; resource: Resource }>();

  constructor(ladder: Ladder, shape: LiveShape, startMs: number) {
    this.#shape = shape;
    this.#startMs = startMs;
    this.#addVod('/vod', ladder.fmp4);
    this.#addVod('/vod-ts', [ladder.ts]);
    this.#addVod('/vod-aes', ladder.fmp4, '../key.bin');
    this.#fixed.set('/vod-aes/key.bin', () =>
      bufferResource(key, {
        contentType: contentTypes.bytes,
        cacheControl: cacheControls.key,
        modifiedMs: startMs,
      }),
    );
    for (const rendition of ladder.fmp4) {
      this.#live.set(rendition.name, new LiveStream(rendition, shape));
      for (const stream of ['/live', '/ll']) this.#addInit(`${stream}/${rendition.name}/init.mp4`, rendition);
    }
    for (const stream of ['/live', '/ll']) this.#addMultivariant(stream, ladder.fmp4);
  }

  /** `path` and `query` as they came, without the question mark. */
  find(path: string, query: string, nowMs: number): Found {
    const fixed = this.#fixed.get(path);
    if (typeof fixed === 'function') {
      const resource = fixed();
      this.#fixed.set(path, resource);
      return { is: 'object', resource };
    }
    if (fixed !== undefined) return { is: 'object', resource: fixed };
    if (path.startsWith('/synthetic')) return findSynthetic(path, this.#startMs);
    return this.#findLive(path, query, nowMs);
  }

  #findLive(path: string, query: string, nowMs: number): Found {
    const match = /^\/(live|ll)\/([^/]+)\/(?:(index\.m3u8)|seg-(0|[1-9]\d{0,14})(?:\.(\d))?\.m4s)$/.exec(
      path,
    );
    const [, mode, name = '', playlist, msnText, partText] = match ?? [];
    const stream = this.#live.get(name);
    if (stream === undefined) return missing(path);
    if (playlist !== undefined) {
      return mode === 'll' ? this.#lowLatency(name, query, nowMs) : this.#plainLive(nowMs);
    }
    const msn = Number(msnText);
    if (partText === undefined) {
      const presence = segmentPresence(this.#shape, msn, nowMs);
      if (presence.is !== 'here') return absent(presence, path);
      return { is: 'object', resource: stream.objects(msn, nowMs).segment };
    }
    const index = Number(partText);
    if (mode !== 'll' || index >= this.#shape.partsPerSegment) return missing(path);
    const presence = partPresence(this.#shape, { msn, index }, nowMs);
    if (presence.is === 'future' && isNextPart(this.#shape, { msn, index }, nowMs)) {
      return { is: 'later', atMs: presence.atMs };
    }
    const resource = presence.is === 'here' ? stream.objects(msn, nowMs).parts[index] : undefined;
    return resource === undefined ? absent(presence, path) : { is: 'object', resource };
  }

  #plainLive(nowMs: number): Found {
    const window = liveWindow(this.#shape, nowMs);
    if (window.segmentCount === 0) return tooEarly;
    return this.#playlist('live', window, cacheControls.livePlaylist, () =>
      livePlaylist(this.#shape, window),
    );
  }

  #lowLatency(name: string, query: string, nowMs: number): Found {
    const window = liveWindow(this.#shape, nowMs);
    if (window.segmentCount === 0) return tooEarly;
    const delivery = deliveryOf(this.#shape, window, query);
    if (!delivery.ok) return { is: 'refused', status: 400, reason: delivery.reason };
    if (delivery.partsNeeded > window.partCount) {
      return { is: 'later', atMs: partAtMs(this.#shape, delivery.partsNeeded - 1) };
    }
    const { blocking, skip } = delivery;
    const siblings = [...this.#live.keys()].filter((sibling) => sibling !== name);
    const cacheControl = blocking ? cacheControls.blockingPlaylist : cacheControls.livePlaylist;
    return this.#playlist(`ll ${name} ${skip} ${blocking}`, window, cacheControl, () =>
      lowLatencyPlaylist(this.#shape, window, { siblings, skip }),
    );
  }

  #playlist(slot: string, window: LiveWindow, cacheControl: string, text: () => string): Found {
    const kept = this.#playlists.get(slot);
    if (kept !== undefined && kept.partCount === window.partCount) {
      return { is: 'object', resource: kept.resource };
    }
    const modifiedMs = partAtMs(this.#shape, window.partCount - 1);
    const resource = playlistResource(text(), cacheControl, modifiedMs);
    this.#playlists.set(slot, { partCount: window.partCount, resource });
    return { is: 'object', resource };
  }

  #addVod(root: string, renditions: readonly Rendition[], keyUri?: string): void {
    this.#addMultivariant(root, renditions);
    for (const rendition of renditions) {
      const folder = `${root}/${rendition.name}`;
      const suffix = rendition.container === 'ts' ? 'ts' : 'm4s';
      this.#addInit(`${folder}/init.mp4`, rendition);
      const iv = (index: number): Buffer => initializationVector(rendition.name, index);
      rendition.segments.forEach((segment, index) => {
        this.#fixed.set(`${folder}/seg-${index}.${suffix}`, () =>
          bufferResource(keyUri === undefined ? segment.bytes : encryptSegment(segment.bytes, iv(index)), {
            contentType: rendition.container === 'ts' ? contentTypes.ts : contentTypes.fmp4,
            cacheControl: cacheControls.media,
            modifiedMs: rendition.modifiedMs,
          }),
        );
      });
      const text = vodPlaylist({
        segmentMs,
        segmentCount: rendition.segments.length,
        segmentUri: (index) => `seg-${index}.${suffix}`,
        ...(rendition.init === undefined ? {} : { initUri: 'init.mp4' }),
        ...(keyUri === undefined
          ? {}
          : { encryption: { keyUri, ivHex: (index) => iv(index).toString('hex') } }),
      });
      this.#addPlaylist(`${folder}/index.m3u8`, text);
    }
  }

  #addInit(path: string, rendition: Rendition): void {
    const { init, modifiedMs } = rendition;
    if (init === undefined) return;
    this.#fixed.set(path, () =>
      bufferResource(init, { contentType: contentTypes.fmp4, cacheControl: cacheControls.media, modifiedMs }),
    );
  }

  #addMultivariant(root: string, renditions: readonly Rendition[]): void {
    this.#addPlaylist(`${root}/master.m3u8`, multivariantPlaylist(renditions, framesPerSecond));
  }

  #addPlaylist(path: string, text: string): void {
    this.#fixed.set(path, () => playlistResource(text, cacheControls.vodPlaylist, this.#startMs));
  }
}

const tooEarly: Found = { is: 'refused', status: 404, reason: 'the live stream has no segment yet' };

function findSynthetic(path: string, startMs: number): Found {
  const object = /^\/synthetic\/(\d{1,13})\/([\w.~/-]{1,200})$/.exec(path);
  if (object !== null) {
    const [, size, name = ''] = object;
    if (Number(size) > syntheticBytesMax) return tooBig(`at most ${syntheticBytesMax} bytes`);
    const cacheControl = cacheControls.media;
    return { is: 'object', resource: syntheticResource({ size: Number(size), name }, { cacheControl }) };
  }
  const vod =
    /^\/synthetic-vod\/((\d{1,6})x(\d{1,13})(?:-[\w.~-]{1,100})?)\/(?:(index\.m3u8)|(seg-(\d{1,6})\.m4s))$/;
  const [, set, countText, sizeText, playlist, name, indexText] = vod.exec(path) ?? [];
  if (set === undefined) return missing(path);
  const segmentCount = Number(countText);
  const size = Number(sizeText);
  if (segmentCount > syntheticSegmentsMax) return tooBig(`at most ${syntheticSegmentsMax} segments`);
  if (size > syntheticBytesMax) return tooBig(`at most ${syntheticBytesMax} bytes`);
  if (playlist !== undefined) {
    const text = vodPlaylist({ segmentMs, segmentCount, segmentUri: (index) => `seg-${index}.m4s` });
    return { is: 'object', resource: playlistResource(text, cacheControls.vodPlaylist, startMs) };
  }
  if (Number(indexText) >= segmentCount) return missing(path);
  return {
    is: 'object',
    resource: syntheticResource(
      { size, name: `${set}/${name}` },
      { cacheControl: cacheControls.media, contentType: contentTypes.fmp4 },
    ),
  };
}

function isNextPart(shape: LiveShape, part: { msn: number; index: number }, nowMs: number): boolean {
  return part.msn * shape.partsPerSegment + part.index === liveWindow(shape, nowMs).partCount;
}

function playlistResource(text: string, cacheControl: string, modifiedMs: number): Resource {
  return bufferResource(Buffer.from(text), { contentType: contentTypes.playlist, cacheControl, modifiedMs });
}

function absent(presence: Presence, path: string): Found {
  const reason = presence.is === 'future' ? `${path} does not exist yet` : `${path} has left the live window`;
  return { is: 'refused', status: 404, reason };
}

function missing(path: string): Found {
  return { is: 'refused', status: 404, reason: `there is nothing at ${path}` };
}

function tooBig(limit: string): Found {
  return { is: 'refused', status: 400, reason: `a synthetic object has ${limit}` };
}
