import { expect, test } from 'vitest';
import { HEAD_BYTES_MAX, parseHead } from '../../bench/load/response-head.ts';

const head = (text: string): ReturnType<typeof parseHead> => parseHead(Buffer.from(text));

test('a head is read when it is whole, and not before', () => {
  const text = 'HTTP/1.1 206 Partial Content\r\nContent-Length: 12\r\nETag: "a"\r\n\r\n';
  expect(head(`${text}body`)).toEqual({
    ...{ status: 206, bodyBytes: 12, headBytes: text.length, keepAlive: true },
  });
  for (let end = 0; end < text.length; end += 1) expect(head(text.slice(0, end))).toBeUndefined();
});

test('a server that closes the connection is not asked again on it', () => {
  expect(head('HTTP/1.1 200 OK\r\ncontent-length: 1\r\nConnection: close\r\n\r\n')).toMatchObject({
    keepAlive: false,
  });
  expect(head('HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\n')).toMatchObject({ keepAlive: false });
});

test.each([
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'without a Content-Length'],
  ['HTTP/1.1 200 OK\r\nX-Content-Length: 5\r\n\r\n', 'without a Content-Length'],
  ['SSH-2.0-server\r\n\r\n', 'no HTTP/1 status line'],
  ['x'.repeat(HEAD_BYTES_MAX + 1), 'a head of more than'],
])('an answer that cannot be judged is refused: %j', (text, sentence) => {
  expect(head(text)).toContain(sentence);
});
