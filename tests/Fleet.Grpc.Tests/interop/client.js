// A stock client for our server: node client.js HOST:PORT. Prints one JSON line for each scenario: {name, ...what it saw}.
'use strict';
const { grpc, echo } = require('./proto');

const address = process.argv[2];
const gzip = { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip };
const client = new echo(address, grpc.credentials.createInsecure());
const compressing = new echo(address, grpc.credentials.createInsecure(), gzip);

const shown = (metadata) => Object.fromEntries(Object.keys(metadata ? metadata.getMap() : {}).filter((key) => key.startsWith('x-') || key.endsWith('-bin')).map((key) => [
  key, metadata.get(key).map((value) => (Buffer.isBuffer(value) ? value.toString('hex') : value)).join('|'),
]));
const fault = (error) => ({ code: error.code, details: error.details, trailers: shown(error.metadata) });

function unary(stub, request, { metadata = new grpc.Metadata(), options = {}, cancelAfter } = {}) {
  return new Promise((resolve) => {
    let headers;
    let seen;
    const call = stub.Unary(request, metadata, options, (error, response) => {
      if (error) seen = fault(error);
      else seen = { text: response.text, size: response.payload.length };
    });
    call.on('metadata', (value) => { headers = shown(value); });
    call.on('status', (status) => setImmediate(() => resolve({ ...seen, status: status.code, headers, trailers: shown(status.metadata) })));
    if (cancelAfter !== undefined) setTimeout(() => call.cancel(), cancelAfter);
  });
}

function read(call, onData = () => {}) {
  return new Promise((resolve) => {
    const texts = [];
    let error;
    call.on('data', (response) => { texts.push(response.text); onData(response); });
    call.on('error', (value) => { error = fault(value); });
    call.on('status', (status) => setImmediate(() => resolve({ texts, status: status.code, ...error })));
  });
}

function up(stub, texts) {
  return new Promise((resolve) => {
    const call = stub.Up((error, response) => resolve(error ? fault(error) : { text: response.text }));
    for (const text of texts) call.write({ text });
    call.end();
  });
}

function both(stub, texts) {
  const call = stub.Both();
  const rest = [...texts];
  const next = () => (rest.length > 0 ? call.write({ text: rest.shift() }) : call.end());
  const result = read(call, next);
  next();
  return result;
}

const text = (value) => ({ text: value });
const metadata = new grpc.Metadata();
metadata.add('x-echo', 'one');
metadata.add('x-echo-bin', Buffer.from([0, 255, 44]));
metadata.add('x-echo-bin', Buffer.from([7]));

const scenarios = {
  unary: () => unary(client, text('hé')),
  down: () => read(client.Down({ text: 'n', count: 3 })),
  up: () => up(client, ['a', 'b', 'c']),
  both: () => both(client, ['1', '2', '3']),
  unaryGzip: () => unary(compressing, { text: 'z', payload: Buffer.alloc(50000) }),
  bothGzip: () => both(compressing, ['1', '2']),
  fourMebibytes: () => unary(client, { payload: Buffer.alloc(4 * 1024 * 1024 - 5, 1) }),
  tooLarge: () => unary(client, { payload: Buffer.alloc(4 * 1024 * 1024) }),
  tooLargeUnpacked: () => unary(compressing, { payload: Buffer.alloc(4 * 1024 * 1024) }),
  metadata: () => unary(client, text('metadata'), { metadata }),
  trailersOnly: () => unary(client, text('fail')),
  failAfterMessages: () => read(client.Down({ text: 'fail', count: 2 })),
  details: () => unary(client, text('details')),
  deadline: () => unary(client, text('hang'), { options: { deadline: Date.now() + 300 } }),
  cancel: () => unary(client, text('hang'), { cancelAfter: 200 }),
  serverFinishesFirst: () => up(client, ['enough', 'more']),
  unimplemented: () => new Promise((resolve) => client.makeUnaryRequest(
    '/fleet.grpc.tests.Echo/Nope', (value) => value, (value) => value, Buffer.alloc(0), (error) => resolve(fault(error)))),
};

(async () => {
  for (const [name, run] of Object.entries(scenarios)) {
    console.log(JSON.stringify({ name, ...await run() }));
  }
  process.exit(0);
})();
