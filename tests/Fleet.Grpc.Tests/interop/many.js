// A stock client with more calls at once than the server takes streams: node many.js HOST:PORT CALLS. Prints how many were answered,
// then what became of a call with far too large headers, and of the one after it.
'use strict';
const { grpc, echo } = require('./proto');
const client = new echo(process.argv[2], grpc.credentials.createInsecure());
const unary = (text, metadata = new grpc.Metadata()) => new Promise((resolve) => client.Unary({ text }, metadata, (error, response) => resolve(error ? `error ${error.code}` : response.text)));

(async () => {
  const texts = await Promise.all(Array.from({ length: Number(process.argv[3]) }, (_, i) => unary(`${i}`)));
  console.log(`answered ${texts.filter((text, i) => text === `${i}`).length}`);
  const huge = new grpc.Metadata();
  for (let i = 0; i < 12; i++) huge.set(`x-${i}`, 'a'.repeat(8000));
  console.log(`overflow ${await unary('overflow', huge)}`);
  console.log(`after ${await unary('after')}`);
  process.exit(0);
})();
