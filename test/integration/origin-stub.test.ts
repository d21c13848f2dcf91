// The origin as a process: its command line, and whether real players' code (ffmpeg) plays every stream without a
// complaint. Needs ffmpeg.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import type { CounterReport } from '../../origin-stub/counters.ts';

const run = promisify(execFile);
const main = fileURLToPath(new URL('../../origin-stub/main.ts', import.meta.url));
const started: ChildProcess[] = [];

afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
});

async function start(...args: string[]): Promise<{ child: ChildProcess; url: string; port: number }> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, ...(JSON.parse(line) as { url: string; port: number }) };
}

/** Runs it to its end, whatever that is. */
async function finish(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (bytes: Buffer) => {
      output[name] += bytes.toString();
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}

/** Decodes with ffmpeg. Gives what it complained about, the digests of the pictures, and the number of sound frames. */
async function decode(
  ...args: string[]
): Promise<{ complaints: string; pictures: string[]; sounds: number }> {
  const { stdout, stderr } = await run(
    'ffmpeg',
    ['-v', 'error', '-nostdin', ...args, '-f', 'framemd5', '-'],
    {
      maxBuffer: 64 * 1024 * 1024,
      timeout: 60_000,
    },
  );
  const rows = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const columns = rows.map((row) => row.split(',').map((column) => column.trim()));
  const pictures = columns.filter(([stream]) => stream === '0').map((row) => row.at(-1) ?? '');
  return { complaints: stderr, pictures, sounds: columns.length - pictures.length };
}

describe('the command line', () => {
  it('says where it listens in one line, and stops at once on SIGTERM and SIGINT', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const { child, url, port } = await start('--port', '0');
      expect(url).toBe(`http://127.0.0.1:${port}`);
      const held = fetch(`${url}/synthetic/50000000000/x`);
      await (await held).body?.getReader().read();
      const closed = once(child, 'exit');
      const atMs = performance.now();
      child.kill(signal);
      expect(await closed).toEqual([0, null]);
      expect(performance.now() - atMs).toBeLessThan(2000);
    }
  });

  it('answers a taken port with one sentence and code 2', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const { code, stdout, stderr } = await finish('--port', String(port));
    holder.close();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      `origin stub: port ${port} on 127.0.0.1 is taken: choose another one, or 0 for any free port\n`,
    );
  });

  it('answers a mistake with one sentence and code 2, and a question with help', async () => {
    expect(await finish('--prot', '1')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'origin stub: unknown flag --prot, see --help\n',
    });
    const wrong = await finish('--host', 'nowhere.invalid');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/^origin stub: cannot listen on nowhere\.invalid port 0: E[A-Z_]+\n$/);
    const help = await finish('--help');
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('--window-segments');
  });
});

describe('ffmpeg', () => {
  const origin = start('--port', '0');

  it.each(['vod', 'vod-ts', 'vod-aes'])('plays %s', async (stream) => {
    const { url } = await origin;
    const { complaints, pictures, sounds } = await decode('-i', `${url}/${stream}/master.m3u8`, '-t', '6');
    expect(complaints).toBe('');
    expect(pictures).toHaveLength(180);
    expect(new Set(pictures).size).toBe(180);
    expect(sounds).toBeGreaterThan(275);
  });

  it.each(['live', 'll'])('plays %s', async (stream) => {
    const { url } = await start('--port', '0');
    const { complaints, pictures } = await decode('-i', `${url}/${stream}/master.m3u8`, '-t', '6');
    expect(complaints).toBe('');
    expect(new Set(pictures).size).toBe(180);
  });

  it('plays all renditions of a VOD to their end', async () => {
    const { url } = await origin;
    for (const path of ['vod/360p', 'vod/270p', 'vod/180p', 'vod-ts/180p']) {
      const { complaints, pictures } = await decode('-i', `${url}/${path}/index.m3u8`);
      expect(complaints).toBe('');
      expect(pictures).toHaveLength(1920);
    }
  });

  it('gets the same pictures encrypted and clear', async () => {
    const { url } = await origin;
    const [clear, sealed] = await Promise.all(
      ['vod', 'vod-aes'].map((stream) => decode('-i', `${url}/${stream}/180p/index.m3u8`, '-t', '5')),
    );
    expect(sealed?.pictures).toEqual(clear?.pictures);
  });

  it('plays a live stream across the start of its loop', async () => {
    // The window of 10 segments has the loop's start, at 64 s, inside.
    const { url } = await start('--port', '0', '--epoch-ms', String(Date.now() - 70_000));
    const text = await (await fetch(`${url}/live/180p/index.m3u8`)).text();
    expect(text).toContain('#EXT-X-DISCONTINUITY\n');
    const input = ['-live_start_index', '0', '-i', `${url}/live/180p/index.m3u8`];
    const packets = ['-select_streams', 'v', '-read_intervals', '%+#560', '-show_entries', 'packet=dts_time'];
    const { stdout } = await run('ffprobe', ['-v', 'fatal', ...input, ...packets, '-of', 'csv=p=0'], {
      timeout: 60_000,
    });
    const frames = stdout
      .trim()
      .split('\n')
      .map((seconds) => Math.round(Number.parseFloat(seconds) * 30));
    const first = frames[0] ?? Number.NaN;
    expect(first % 60).toBe(0);
    expect(frames).toEqual(Array.from({ length: 560 }, (_, index) => (first + index) % 1920));
    expect(frames).toContain(0);
    // The tool loses some pictures while it finds its clock again after the jump (players that know HLS do not).
    const { complaints, pictures } = await decode(...input, '-t', '18');
    expect(complaints).toBe('');
    expect(pictures.length).toBeGreaterThan(500);
  });

  it('decodes the parts that blocking reloads announce, as they come', async () => {
    const { url } = await start('--port', '0');
    const folder = `${url}/ll/180p`;
    const first = await (await fetch(`${folder}/index.m3u8`)).text();
    let next = 1 + Number(/LAST-MSN=(\d+)/.exec(first)?.[1]) * 4;
    next -= next % 4;
    const pieces = [await (await fetch(`${folder}/init.mp4`)).arrayBuffer()];
    for (const end = next + 12; next < end; next += 1) {
      const [msn, part] = [Math.floor(next / 4), next % 4];
      const playlist = await fetch(`${folder}/index.m3u8?_HLS_msn=${msn}&_HLS_part=${part}`);
      expect(await playlist.text()).toContain(`URI="seg-${msn}.${part}.m4s"`);
      pieces.push(await (await fetch(`${folder}/seg-${msn}.${part}.m4s`)).arrayBuffer());
    }
    const child = spawn('ffmpeg', ['-v', 'error', '-i', 'pipe:0', '-map', '0:v', '-f', 'framecrc', '-']);
    child.stdin.end(Buffer.concat(pieces.map((piece) => Buffer.from(piece))));
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (bytes: Buffer) => {
        output[name] += bytes.toString();
      });
    }
    await once(child, 'close');
    expect(output.stderr).toBe('');
    expect(output.stdout.split('\n').filter((line) => /^0,/.test(line))).toHaveLength(12 * 15);
  });

  it('has been counted', async () => {
    const { url } = await origin;
    const report = (await (await fetch(`${url}/_stub/counters`)).json()) as CounterReport;
    expect(report.kinds.segment.requests).toBeGreaterThan(100);
    expect(report.kinds.key.requests).toBeGreaterThan(0);
    expect(report.paths['/vod/360p/seg-31.m4s']?.requests).toBe(1);
    expect(report.kinds.other.requests).toBe(0);
  });
});
