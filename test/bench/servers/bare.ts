// node:http with nothing behind it: one buffer, a few fields, `end(buffer)`. What an agent on this runtime could reach
// if it did nothing at all; the difference is what the agent's own work costs.
//
// node bare.ts PORT PATH...

import { createServer } from 'node:http';
import { syntheticBytes } from '../../../origin-stub/synthetic.ts';
import { nameOf } from '../load/expected.ts';

const [port, ...paths] = process.argv.slice(2);
const answers = new Map(
  paths.map((path) => {
    const { size, name } = nameOf(path);
    const fields = [
      'content-type',
      'video/mp4',
      'content-length',
      `${size}`,
      'cache-control',
      'max-age=3600',
    ];
    return [path, { fields, body: syntheticBytes({ size, name }, 0, size) }] as const;
  }),
);

createServer({ noDelay: true }, (request, response) => {
  const answer = answers.get(request.url ?? '');
  if (answer === undefined) response.writeHead(404).end();
  else response.writeHead(200, answer.fields).end(answer.body);
}).listen(Number(port), '127.0.0.1');
