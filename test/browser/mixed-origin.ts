// An origin in front of the origin stub that has what the stub lacks: one file addressed by byte ranges, an audio group
// and subtitles, at `/mixed/master.m3u8`. All else is the stub's, handed on as it is.
//
// The media is the stub's own 180p rendition, its picture and its sound taken apart by ffmpeg.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { OriginStub } from '../../origin-stub/origin-stub.ts';

const SEGMENTS = 10;
const SEGMENT_S = 2;

type Files = ReadonlyMap<string, { readonly type: string; readonly body: Buffer }>;

/** @returns an origin that answers for the stub too; closing it leaves the stub open */
export async function startMixedOrigin(stub: OriginStub): Promise<OriginStub> {
  const files: Files = new Map([
    ...(await stream('ranged', ['-an', '-hls_flags', 'single_file'])),
    ...(await stream('audio', ['-vn', '-hls_segment_filename', 'seg-%d.m4s'])),
    ...subtitles(),
    ...master(),
  ]);
  const server = createServer((request, response) => {
    const file = files.get(new URL(request.url ?? '/', 'http://origin').pathname);
    if (file) serve(request, response, file);
    else handOn(stub, request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const own: Partial<OriginStub> = {
    url: `http://127.0.0.1:${port}`,
    port,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return Object.assign(Object.create(stub) as OriginStub, own);
}

function master(): Files {
  return new Map([
    playlist('/mixed/master.m3u8', [
      '#EXTM3U',
      '#EXT-X-VERSION:7',
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,URI="audio/index.m3u8"',
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,URI="subs/index.m3u8"',
      '#EXT-X-STREAM-INF:BANDWIDTH=400000,AUDIO="a",SUBTITLES="s"',
      'ranged/index.m3u8',
    ]),
  ]);
}

/** One stream of the stub's media as HLS. @param cut ffmpeg's options for it */
async function stream(folder: string, cut: readonly string[]): Promise<Files> {
  const output = await mkdtemp(`${tmpdir()}/ringcast-mixed-`);
  const source = fileURLToPath(new URL('../../origin-stub/media/180p.mp4', import.meta.url));
  const input = ['-v', 'error', '-t', String(SEGMENTS * SEGMENT_S), '-i', source, '-c', 'copy'];
  const hls = ['-f', 'hls', '-hls_time', String(SEGMENT_S), '-hls_playlist_type', 'vod'];
  const args = [...input, ...cut, ...hls, '-hls_segment_type', 'fmp4', 'index.m3u8'];
  await promisify(execFile)('/usr/bin/ffmpeg', args, { cwd: output });
  const names = await readdir(output);
  const files = names.map(async (name) => {
    const type = name.endsWith('.m3u8') ? PLAYLIST : 'video/mp4';
    return [`/mixed/${folder}/${name}`, { type, body: await readFile(`${output}/${name}`) }] as const;
  });
  const read = new Map(await Promise.all(files));
  await rm(output, { recursive: true });
  return read;
}

function subtitles(): Files {
  const cue = (i: number): string =>
    `WEBVTT\n\n00:00:${pad(i * SEGMENT_S)}.000 --> 00:00:${pad((i + 1) * SEGMENT_S)}.000\nline ${i}\n`;
  const segments = Array.from({ length: SEGMENTS }, (_, i) => {
    return [`/mixed/subs/seg-${i}.vtt`, { type: 'text/vtt', body: Buffer.from(cue(i)) }] as const;
  });
  const lines = segments.flatMap((_, i) => [`#EXTINF:${SEGMENT_S},`, `seg-${i}.vtt`]);
  return new Map([...segments, playlist('/mixed/subs/index.m3u8', [...HEAD, ...lines, '#EXT-X-ENDLIST'])]);
}

const HEAD: readonly string[] = [
  '#EXTM3U',
  '#EXT-X-VERSION:7',
  `#EXT-X-TARGETDURATION:${SEGMENT_S}`,
  '#EXT-X-PLAYLIST-TYPE:VOD',
];
const PLAYLIST = 'application/vnd.apple.mpegurl';

function playlist(path: string, lines: readonly string[]): readonly [string, { type: string; body: Buffer }] {
  return [path, { type: PLAYLIST, body: Buffer.from(`${lines.join('\n')}\n`) }];
}

function pad(seconds: number): string {
  return String(seconds).padStart(2, '0');
}

function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { type, body }: { type: string; body: Buffer },
): void {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = Number(range?.[1] ?? 0);
  const end = Math.min(body.length, range?.[2] ? Number(range[2]) + 1 : body.length);
  response.setHeader('content-type', type);
  response.setHeader('etag', `"${body.length}"`);
  response.setHeader('cache-control', 'public, max-age=60');
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-allow-headers', 'range');
  if (range) response.setHeader('content-range', `bytes ${start}-${end - 1}/${body.length}`);
  response.writeHead(range ? 206 : 200, { 'content-length': end - start });
  response.end(request.method === 'HEAD' ? undefined : body.subarray(start, end));
}

function handOn(stub: OriginStub, request: IncomingMessage, response: ServerResponse): void {
  const { method, headers, url } = request;
  const inner = ask(
    stub.url + (url ?? '/'),
    { method, headers: { ...headers, host: new URL(stub.url).host } },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  inner.on('error', () => response.destroy());
  response.on('close', () => inner.destroy());
  inner.end();
}
