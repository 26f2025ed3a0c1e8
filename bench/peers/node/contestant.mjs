// pickleparser as a contestant: ../README.md says what it is asked.

import fs from 'node:fs';
import { Parser } from 'pickleparser';
import { Say } from './say.mjs';

const pickle = fs.readFileSync(process.argv[3]);

function answer([what, argument]) {
  if (what === 'read') {
    for (let i = Number(argument); i > 0; i--) {
      new Parser().parse(pickle);
    }
  } else if (what === 'say') {
    const out = new Say();
    out.value(new Parser().parse(pickle));
    fs.writeFileSync(argument, out.finish());
  } else {
    throw new Error('it does not write');
  }
}

// Requests are read one by one, without an event loop between them.
function* lines() {
  const piece = Buffer.alloc(4096);
  let text = '';
  for (;;) {
    const size = fs.readSync(0, piece);
    if (size === 0) return;
    text += piece.toString('latin1', 0, size);
    const whole = text.split('\n');
    text = whole.pop();
    yield* whole;
  }
}

function print(line) {
  fs.writeSync(1, `${line}\n`);
}

print('ok');
for (const line of lines()) {
  try {
    answer(line.split(' '));
    print('ok');
  } catch (error) {
    print(`error ${String(error).replaceAll('\n', ' ')}`);
  }
}
