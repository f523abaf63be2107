// A stock server for our client: node server.js [MAX STREAMS]. Prints its port, then one line for each call that it saw cancelled. Ends with its standard input.
'use strict';
const { grpc, echo } = require('./proto');

const answer = (request) => ({ text: request.text, payload: request.payload });

function failure(text) {
  const trailers = new grpc.Metadata();
  trailers.set('x-why', 'because');
  trailers.set('x-why-bin', Buffer.from([0, 255, 1]));
  return { code: Number(text.split(' ')[1]), details: 'für 100 %\nof 😀', metadata: trailers };
}

function headersFor(call) {
  const headers = new grpc.Metadata();
  for (const value of call.metadata.get('x-echo')) headers.add('x-echo', value);
  for (const value of call.metadata.get('x-echo-bin')) headers.add('x-echo-bin', value);
  return headers;
}

const service = {
  Unary(call, callback) {
    const { text } = call.request;
    call.on('cancelled', () => console.log(`cancelled ${text}`));
    if (text.startsWith('fail')) return callback(failure(text));
    if (text === 'hang') return undefined;
    // The milliseconds that are left of the call's deadline.
    if (text === 'deadline') return callback(null, { text: String(call.getDeadline() - Date.now()) });
    call.sendMetadata(headersFor(call));
    const trailers = new grpc.Metadata();
    trailers.set('x-trail', 'end');
    return callback(null, answer(call.request), trailers);
  },
  Down(call) {
    const { text, count } = call.request;
    call.on('cancelled', () => console.log(`cancelled ${text}`));
    for (let i = 0; i < count; i++) call.write({ text: `${text} ${i}`, payload: call.request.payload });
    if (text.startsWith('fail')) call.emit('error', failure(text));
    else if (text !== 'hang') call.end();
  },
  Up(call, callback) {
    const texts = [];
    let done = false;
    call.on('data', (request) => {
      texts.push(request.text);
      if (request.text === 'enough' && !done) {
        done = true;
        callback(null, { text: texts.join(',') });
      }
    });
    call.on('end', () => done || callback(null, { text: texts.join(',') }));
  },
  Both(call) {
    call.on('cancelled', () => console.log('cancelled both'));
    call.on('data', (request) => {
      if (request.text.startsWith('fail')) call.emit('error', failure(request.text));
      else call.write(answer(request));
    });
    call.on('end', () => call.end());
  },
};

const limit = process.argv[2] ? { 'grpc.max_concurrent_streams': Number(process.argv[2]) } : {};
const server = new grpc.Server(limit);
server.addService(echo.service, service);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(`port ${port}`);
});
process.stdin.on('data', (line) => {
  // Drains as a server does that is to stop: GOAWAY, then patience with the calls under way.
  if (line.toString().trim() === 'drain') server.tryShutdown(() => console.log('drained'));
});
process.stdin.on('end', () => process.exit(0));
